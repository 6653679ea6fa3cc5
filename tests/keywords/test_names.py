"""Names of keywords."""

from __future__ import annotations

from collections import Counter

from twincore import TwinCore
from twincore.keywords.base import Keywords


def test_no_two_topics_have_a_keyword_of_the_same_name() -> None:
    TwinCore()  # imports every topic
    names = Counter(
        function.robot_name.lower().replace(" ", "").replace("_", "")
        for topic in Keywords.__subclasses__()
        for function in vars(topic).values()
        if hasattr(function, "robot_name")
    )
    assert len(names) > 60
    assert [name for name, count in names.items() if count > 1] == []
