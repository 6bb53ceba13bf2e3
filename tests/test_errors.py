from joulewise.errors import DataError, ExitCode, MissingExtraError, UnknownNameError, nearest_names, reason


def test_near_misses_come_first() -> None:
    assert nearest_names("reznet-50", ["ResNet-50", "VGG-16", "AlexNet"]) == ["ResNet-50"]
    assert nearest_names("a100", ["NVIDIA A100 SXM", "V100"])[0] in {"NVIDIA A100 SXM", "V100"}
    assert nearest_names("", ["x"]) == []


def test_an_unknown_name_says_what_would_be_right() -> None:
    error = UnknownNameError("task", "vison", ["vision", "language"])
    assert str(error) == "unknown task 'vison' (did you mean vision?)"
    assert error.exit_code == ExitCode.BAD_INPUT


def test_few_names_are_all_listed_where_none_is_near() -> None:
    error = UnknownNameError("task", "xyz", ["vision", "language"])
    assert str(error) == "unknown task 'xyz' (one of vision, language)"
    assert str(UnknownNameError("model", "xyz", map(str, range(1000)))) == "unknown model 'xyz'"


def test_a_missing_extra_is_named() -> None:
    assert "pip install 'joulewise[torch]'" in str(MissingExtraError("torch", "counting a module"))


def test_problems_of_data_are_given_by_keyword_so_that_a_hint_is_not_read_as_one() -> None:
    error = DataError("x.json is not a calibration", "joulewise calibrate writes one")
    assert (str(error), error.problems) == ("x.json is not a calibration (joulewise calibrate writes one)", ())
    assert DataError("two rows", problems=["row 1", "row 2"]).problems == ("row 1", "row 2")


def test_the_reason_of_a_failed_operation_is_never_blank() -> None:
    assert reason(FileNotFoundError(2, "No such file or directory", "x")) == "No such file or directory"
    assert reason(OSError("No space left on device (os error 28)")) == "No space left on device (os error 28)"
    assert reason(PermissionError()) == "PermissionError"
