import pytest

from joulewise.paper import FIGURES
from joulewise.paper.points import paper_edition


@pytest.mark.parametrize("figure", FIGURES)
def test_each_figure_draws_with_a_caption_of_numbers(figure: str) -> None:
    title, caption, draw = FIGURES[figure](paper_edition())
    assert title
    assert any(c.isdigit() for c in caption)
    assert "nan" not in caption
    assert draw().to_dict()["layer"]
