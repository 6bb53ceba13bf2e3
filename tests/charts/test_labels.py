from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from joulewise.charts.axes import Axis, log_domain, x_px, y_px
from joulewise.charts.labels import _CHAR_PX, _LINE_PX, Dot, LabelRequest, place_labels
from joulewise.charts.theme import HEIGHT, WIDTH


def test_a_log_axis_ticks_at_plain_decades() -> None:
    axis = Axis("v", "V", (0.05, 2e4), log=True)
    assert axis.ticks == [0.1, 1, 10, 100, 1000, 10000]
    assert axis.position(0.05) == 0
    assert axis.position(2e4) == pytest.approx(1)


def test_pixels_run_right_and_down() -> None:
    axis = Axis("v", "V", (0, 10))
    assert (x_px(axis, 10), y_px(axis, 10)) == (WIDTH, 0)
    assert (x_px(axis, 0), y_px(axis, 0)) == (0, HEIGHT)


def test_domain_leaves_room() -> None:
    assert log_domain([1, None, 100], margin=2) == (0.5, 200)


places = st.tuples(st.floats(5, WIDTH - 5), st.floats(5, HEIGHT - 5), st.text("abcdef -/", min_size=1, max_size=20))


@settings(max_examples=50)
@given(st.lists(places, min_size=1, max_size=40))
def test_no_two_labels_touch_and_none_leaves_the_plot(found: list[tuple[float, float, str]]) -> None:
    requests = [LabelRequest(float(i), 0.0, text, Dot(x, y, 4.0)) for i, (x, y, text) in enumerate(found)]
    boxes = []
    for label in place_labels(requests, []):
        dot, place, width = requests[int(label.x)].dot, label.place, len(label.text) * _CHAR_PX
        left = dot.x + place.dx - {"left": 0, "center": width / 2, "right": width}[place.align]
        top = dot.y + place.dy - {"top": 0, "middle": _LINE_PX / 2, "bottom": _LINE_PX}[place.baseline]
        boxes.append((left, top, left + width, top + _LINE_PX))
    for box in boxes:
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= WIDTH
        assert box[3] <= HEIGHT
    for a, b in combinations(boxes, 2):
        assert not (a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3])


def test_the_first_wanted_is_served_first() -> None:
    same = [LabelRequest(0.0, 0.0, f"label {i}", Dot(100, 100, 4.0)) for i in range(30)]
    placed = [label.text for label in place_labels(same, [])]
    assert placed[0] == "label 0"
    assert len(placed) < 30
