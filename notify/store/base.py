"""What all tables share."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Integer, MetaData
from sqlalchemy.orm import DeclarativeBase

from notify.store.engine import UtcDateTime

BigId = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key; SQLite numbers rows by itself only in a column called INTEGER."""


class Base(DeclarativeBase):
    """The tables of the product; constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigId,
        datetime: UtcDateTime(),
        dict[str, Any]: JSON(),
    }
