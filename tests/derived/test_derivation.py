"""What a long derivation keeps: read back after it was killed, however often."""

from pathlib import Path

from joulewise.derived.derivation import Steps


def test_results_are_read_back_in_their_order(tmp_path: Path) -> None:
    steps = Steps(kept=tmp_path / "kept")
    assert steps.results() == []
    steps.keep("a", 1, {"x": 2})
    steps.keep("b", 2.5, None)
    assert Steps(kept=tmp_path / "kept").results() == [["a", 1, {"x": 2}], ["b", 2.5, None]]


def test_a_line_that_was_cut_short_loses_itself_alone(tmp_path: Path) -> None:
    file = tmp_path / "kept"
    steps = Steps(kept=file)
    steps.keep("a", 1)
    for name in ("b", "c"):
        file.write_bytes(file.read_bytes() + b'["torn", {"par')
        steps.keep(name, 2)
    assert steps.results() == [["a", 1], ["b", 2], ["c", 2]]


def test_bytes_that_are_not_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(b'\xff\x00\n["a"]\n"b"\n')
    assert Steps(kept=tmp_path / "kept").results() == [["a"]]


def test_without_a_file_nothing_is_kept(tmp_path: Path) -> None:
    steps = Steps()
    steps.keep("a")
    assert steps.results() == []
