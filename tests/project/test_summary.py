"""The last lines of .ci/run: counts and reasons out of the runners' result files."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest

JUNIT = """<testsuites><testsuite>
<testcase name="a"/><testcase name="b"><failure message="no"/></testcase>
<testcase name="c"><skipped message="a/c/b.csv is not here"/></testcase>
<testcase name="d"><skipped message="/one/where/b.csv is not here"/></testcase>
<testcase name="e"><skipped message="/other/where/b.csv is not here"/></testcase>
</testsuite></testsuites>"""

ROBOT = """<robot><suite><test name="a"><kw><status status="FAIL">inner</status></kw><status status="PASS"/></test>
<test name="b"><status status="SKIP">LOOP_PIN is not given
more</status></test><test name="c"><status status="SKIP">Skipped in parent suite setup:
No image is given.</status></test></suite></robot>"""


@pytest.fixture
def main(root: Path) -> Callable[[list[str]], int]:
    """The script's main function."""
    result: Callable[[list[str]], int] = runpy.run_path(str(root / ".ci" / "summary.py"))["main"]
    return result


def test_counts_and_reasons(
    main: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "output.xml").write_text(ROBOT)
    (tmp_path / "pytest.xml").write_text(JUNIT)
    assert main([str(tmp_path / "output.xml"), str(tmp_path / "pytest.xml")]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "robot: 1 passed, 0 failed, 2 skipped",
        "  1 skipped: LOOP_PIN is not given",
        "  1 skipped: No image is given.",
        "pytest: 1 passed, 1 failed, 3 skipped",
        "  2 skipped: b.csv is not here",
        "  1 skipped: a/c/b.csv is not here",
        "2 passed, 1 failed, 5 skipped",
    ]


def test_a_missing_result_is_a_failure(
    main: Callable[[list[str]], int], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "pytest.xml").write_text(JUNIT)
    assert main([str(tmp_path / "output.xml"), str(tmp_path / "pytest.xml")]) == 1
    assert capsys.readouterr().out.startswith("output: no results\n")


def test_no_test_at_all_is_a_failure(main: Callable[[list[str]], int], tmp_path: Path) -> None:
    (tmp_path / "pytest.xml").write_text("<testsuites/>")
    assert main([str(tmp_path / "pytest.xml")]) == 1
