"""The commands on races and registrants: what they print, where, and how they end."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from notify.cli import main
from tests.intake.builders import DATA, RACES, write
from tests.services.processes import child_environment

RACE = "lakeshore-2026"
HEADER = "Registration ID,Course,Phone"
ANN = "R1,10K,312 555 0124"
MEGABYTE = 1 << 20
Run = Callable[..., Result]

# Runs the command line and says on its last line how much memory it took at most, in bytes. Linux
# counts into ru_maxrss what the process was before it became this program: a copy of the tests.
MEASURED = """
import pathlib, resource, sys
from notify.cli import main
try:
    main()
finally:
    status = pathlib.Path("/proc/self/status")
    if status.exists():
        lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
        peak = int(lines["VmHWM"].split()[0]) * 1024
    else:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        peak *= 1 if sys.platform == "darwin" else 1024
    print(peak, file=sys.stderr)
"""


@pytest.fixture
def environment(sqlite_url, tmp_path) -> dict[str, str]:
    """Give the settings of an installation of the test's own."""
    return {"NOTIFY_DATABASE_URL": sqlite_url, "NOTIFY_VAR": str(tmp_path / "var")}


@pytest.fixture
def run(environment) -> Run:
    """Give a function that runs `notify` with both races there."""

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(main, list(map(str, arguments)), env=environment)

    for stem in RACES.values():
        assert 0 == run("race", "add", DATA / f"{stem}.yaml").exit_code
    return run


def measured(environment: dict[str, str], *arguments: str | Path) -> tuple[int, list[str], int]:
    """Run `notify` as a process; return its exit code, its errors and its peak memory in bytes."""
    process = subprocess.run(
        [sys.executable, "-c", MEASURED, *map(str, arguments)],
        env=child_environment(**environment),
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    *errors, peak = process.stderr.splitlines()
    return process.returncode, errors, int(peak)


def test_adding_a_race_says_what_became_of_it(run):
    result = run("race", "add", DATA / "lakeshore-marathon.yaml")

    assert 0 == result.exit_code
    assert "Race lakeshore-2026 is there already and is the same.\n" == result.stdout


def test_a_changed_race_says_what_changed(run, tmp_path):
    text = (DATA / "lakeshore-marathon.yaml").read_text(encoding="utf-8")
    (tmp_path / "race.yaml").write_text(text.replace("T07:30", "T08:30"), encoding="utf-8")

    result = run("race", "add", tmp_path / "race.yaml", "--json")

    assert {"race": RACE, "created": False, "changed": ["starts_at"]} == json.loads(result.stdout)


def test_a_race_file_with_mistakes_is_bad_usage(run, tmp_path):
    (tmp_path / "race.yaml").write_text("id: X\n")

    result = run("race", "add", tmp_path / "race.yaml")

    assert 2 == result.exit_code
    assert f"notify: {tmp_path}/race.yaml: line 1: id: must be lower-case" in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("race_id", RACES)
def test_json_is_what_the_truth_says_and_nothing_else(run, race_id):
    stem = DATA / RACES[race_id]
    truth = json.loads(stem.with_suffix(".truth.json").read_text(encoding="utf-8"))

    result = run("import", stem.with_suffix(".csv"), "--race", race_id, "--skip-refused", "--json")

    report = json.loads(result.stdout)
    assert 0 == result.exit_code
    assert truth == {key: report[key] for key in truth}
    assert {*truth, "errors", "changes", "notes", "imported"} == set(report)
    assert sum(truth["refused"].values()) + sum(truth["cells_flagged"].values()) == len(
        report["errors"]
    )


def test_errors_name_row_column_reason_and_value(run, tmp_path):
    file = write(tmp_path, HEADER, ANN, "R2,Ultra,312 555 0125")

    result = run("import", file, "--race", RACE, "--json")

    report = json.loads(result.stdout)
    assert 1 == result.exit_code
    assert not report["imported"]
    assert [{"row": 3, "column": "Course", "reason": "course_unknown", "value": "Ultra"}] == report[
        "errors"
    ]


def test_refused_rows_end_with_failure_and_the_way_on(run, tmp_path):
    file = write(tmp_path, HEADER, ANN, "R2,Ultra [bold],312 555 0125")

    result = run("import", file, "--race", RACE)

    assert 1 == result.exit_code
    assert "Nothing imported: 2 rows, 1 accepted, 1 refused, 0 cells flagged" in result.stdout
    assert "Ultra [bold]" in result.stdout
    assert "--skip-refused imports the others without them" in result.stdout


def test_a_dry_run_says_how_to_go_on(run, tmp_path):
    result = run("import", write(tmp_path, HEADER, ANN), "--race", RACE, "--dry-run")

    assert 0 == result.exit_code
    assert "Would change the race: 1 added, 0 updated" in result.stdout
    assert "Next: run it again without --dry-run." in result.stdout


def test_changed_values_are_shown(run, tmp_path):
    run("import", write(tmp_path, HEADER, ANN), "--race", RACE)

    result = run("import", write(tmp_path, HEADER, ANN.replace("0124", "0199")), "--race", RACE)

    assert "Updated columns: phone 1" in result.stdout
    assert "+13125550124" in result.stdout
    assert "+13125550199" in result.stdout


def test_flagged_cells_are_shown_and_the_person_is_kept(run, tmp_path):
    result = run("import", write(tmp_path, HEADER, "R1,10K,12345"), "--race", RACE)

    assert 0 == result.exit_code
    assert "Imported: 1 rows, 1 accepted, 0 refused, 1 cells flagged" in result.stdout
    assert "Flagged (the person is kept): phone_invalid 1" in result.stdout


@pytest.mark.parametrize("arguments", [("--race", "nope"), ()])
def test_a_race_that_is_not_there_is_bad_usage(run, tmp_path, arguments):
    result = run("import", write(tmp_path, HEADER, ANN), *arguments)

    assert 2 == result.exit_code
    assert "" == result.stdout


@pytest.mark.parametrize("name", ["nowhere.csv", "."])
def test_a_file_that_cannot_be_read_is_bad_usage_in_one_line(run, tmp_path, name):
    result = run("import", tmp_path / name, "--race", RACE, "--json")

    assert 2 == result.exit_code
    assert "" == result.stdout
    assert 1 == len(result.stderr.splitlines())


def test_a_mapping_with_mistakes_is_bad_usage(run, tmp_path):
    (tmp_path / "mapping.yaml").write_text("columns:\n  phon: Contact\n")
    file = write(tmp_path, HEADER, ANN)

    result = run("import", file, "--race", RACE, "--mapping", tmp_path / "mapping.yaml")

    assert 2 == result.exit_code
    assert "mapping.yaml: line 2: columns.phon: is not one of our columns" in result.stderr


def test_what_is_imported_can_be_exported(run, tmp_path):
    run("import", write(tmp_path, HEADER, ANN), "--race", RACE)

    result = run("export", tmp_path / "out.csv", "--race", RACE)

    assert 0 == result.exit_code
    assert f"Wrote 1 registrants of {RACE} to {tmp_path}/out.csv.\n" == result.stdout
    assert "'+13125550124" in (tmp_path / "out.csv").read_text(encoding="utf-8-sig")


def test_an_export_does_not_overwrite_unasked(run, tmp_path):
    (tmp_path / "out.csv").touch()

    result = run("export", tmp_path / "out.csv", "--race", RACE, "--json")

    assert 1 == result.exit_code
    assert f"notify: {tmp_path}/out.csv is there already; name another or use --overwrite\n" == (
        result.stderr
    )


@pytest.mark.slow
def test_a_hundred_thousand_people_stream_in_bounded_memory(run, environment, tmp_path):
    rows = (f"R{number},10K,312 555 01{number % 100:02}" for number in range(100_000))
    file = write(tmp_path, HEADER, *rows)

    code, errors, peak = measured(environment, "import", file, "--race", RACE)

    assert (0, []) == (code, errors)
    assert 300 * MEGABYTE > peak


@pytest.mark.slow
def test_a_line_of_200_megabytes_is_refused_in_bounded_memory(run, environment, tmp_path):
    file = tmp_path / "registrants.csv"
    with file.open("w") as out:
        out.write(f"{HEADER}\n{ANN}\n")
        for _ in range(200):
            out.write("x" * MEGABYTE)

    code, errors, peak = measured(environment, "import", file, "--race", RACE)

    assert 2 == code
    [error] = errors
    assert error.startswith(f"notify: {file}: row 3: is longer than a million characters; ")
    assert 300 * MEGABYTE > peak
