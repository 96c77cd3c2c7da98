"""The database: SQLAlchemy tables, one module per aggregate, and the only SQL of the product."""
