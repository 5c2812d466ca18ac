"""What a model card says of each kind of task, in English and Chinese."""

from typing import NamedTuple

from weitiao.objectives.answers.answering import Answering
from weitiao.objectives.base import Objective
from weitiao.objectives.replies.replying import Replying
from weitiao.objectives.spans.tagging import Tagging

TASKS_ZH = {
    "Classification": "文本分类",
    "Hierarchical": "层级文本分类",
    "MultiLabel": "多标签分类",
    "Ordinal": "有序分类",
    "Regression": "数值回归",
    "Tagging": "序列标注",
    "Answering": "抽取式问答",
    "Replying": "对话回复",
}


class Words(NamedTuple):
    """What a card says of a kind of task, in English and Chinese.

    Args:
        pipeline: the task by the hub's name.
        about: what it says of a text, where that is no class.
        beyond: what it says of texts of another kind.
        example: an argument of the runner.
    """

    pipeline: str
    about: tuple[str, str]
    beyond: tuple[str, str]
    example: str


OF_TEXTS = Words(
    "text-classification",
    ("a number", "一个数值"),
    (
        "It says one of the labels above of any text, be it in another language or about something"
        " else",
        "任何文本都会得到上述标签之一",
    ),
    "房间很干净",
)
OF_SPANS = Words(
    "token-classification",
    ("spans", "片段"),
    ("It finds nothing but the types above", "只能找出上述类型"),
    "王小明在北京",
)
OF_ANSWERS = Words(
    "question-answering",
    ("the place of an answer in a text", "答案在文中的位置"),
    ("What it finds stands in the text, right or wrong", "答案总是原文中的片段，但不一定正确"),
    "$'王小明在北京。\\t谁在北京？'",
)
OF_REPLIES = Words(
    "text-generation",
    ("an answer to a conversation", "对话的回复"),
    (
        "What it says may be wrong, however sure it sounds, and may repeat what it was trained on",
        "回答可能有误（无论语气多么肯定），也可能复述训练数据",
    ),
    "你好",
)


def words_of(objective: Objective) -> Words:
    """Those of the kind that an objective is."""
    known = {Tagging: OF_SPANS, Answering: OF_ANSWERS, Replying: OF_REPLIES}
    own = (words for kind, words in known.items() if isinstance(objective, kind))
    return next(own, OF_TEXTS)
