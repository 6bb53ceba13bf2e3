from joulewise.errors import ExitCode, MissingExtraError, UnknownNameError, nearest_names


def test_near_misses_come_first() -> None:
    assert nearest_names("reznet-50", ["ResNet-50", "VGG-16", "AlexNet"]) == ["ResNet-50"]
    assert nearest_names("a100", ["NVIDIA A100 SXM", "V100"])[0] in {"NVIDIA A100 SXM", "V100"}
    assert nearest_names("", ["x"]) == []


def test_an_unknown_name_says_what_would_be_right() -> None:
    error = UnknownNameError("task", "vison", ["vision", "language"])
    assert str(error) == "unknown task 'vison' (did you mean vision?)"
    assert error.exit_code == ExitCode.BAD_INPUT


def test_few_names_are_all_told_where_none_is_near() -> None:
    error = UnknownNameError("task", "xyz", ["vision", "language"])
    assert str(error) == "unknown task 'xyz' (one of vision, language)"
    assert str(UnknownNameError("model", "xyz", map(str, range(1000)))) == "unknown model 'xyz'"


def test_a_missing_extra_is_named() -> None:
    assert "pip install 'joulewise[torch]'" in str(MissingExtraError("torch", "counting a module"))
