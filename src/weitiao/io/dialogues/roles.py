"""The roles of speakers, and the names that files have for them."""

import json
from collections.abc import Mapping

from weitiao.io.dialogues.messages import ROLES, Role
from weitiao.io.spans.span import SpanFault, short

_KNOWN: dict[Role, tuple[str, ...]] = {
    "system": ("system", "developer", "系统"),
    "user": ("user", "human", "prompter", "usr", "用户"),
    "assistant": ("assistant", "gpt", "chatgpt", "model", "bot", "ai", "助手"),
    "tool": ("tool", "function", "observation", "function_response"),
}
"""In lower case. What calls a tool (``function_call``) isn't here: each template writes it so."""
_USUAL: dict[str, Role] = {name: role for role, names in _KNOWN.items() for name in names}
_OF_SPEAKERS: dict[str, Role] = _USUAL | {"system": "assistant"}
"""Where a key ``speaker`` says it, the system is the one that answers, as in SGD and MultiWOZ."""
_SPEAKER = "speaker"
_LONGEST = 40  # characters of a name that a message shows


class Roles:
    """What the names of a file mean.

    Args:
        given: name → role, of those that aren't known or mean something else here.
    """

    def __init__(self, given: Mapping[str, Role] | None) -> None:
        own = {_folded(name): role for name, role in (given or {}).items()}
        self._usual, self._of_speakers = _USUAL | own, _OF_SPEAKERS | own
        self.others: dict[str, Role] = {}
        """What was taken for what, of names that aren't the roles' own."""

    def knows(self, name: object, key: str) -> bool:
        """Whether a name, the value of a key, is that of a role."""
        return isinstance(name, str) and _folded(name) in self._meanings(key)

    def role(self, name: object, key: str, place: int, cell: str = "text") -> Role:
        """The role that a name means.

        Args:
            key: whose value it is.
            place: number of its message, from 1.
            cell: the role of the column that it stands in.

        Raises:
            SpanFault: it is none's.
        """
        role = self._meanings(key).get(_folded(name)) if isinstance(name, str) else None
        if role is None:
            if name is None:
                problem = f"message {place} doesn't say who speaks: it has no {key!r}"
                raise SpanFault(problem, cell, f'"{key}": one of {", ".join(ROLES)}')
            hint = f"{mapping_of(name)}, or whichever it is; one of these roles in its place"
            problem = f"message {place} is of {short(name)}, which is no role: {', '.join(ROLES)}"
            raise SpanFault(problem, cell, hint)
        if name != role:
            self.others[str(name)] = role
        return role

    def _meanings(self, key: str) -> Mapping[str, Role]:
        return self._of_speakers if key == _SPEAKER else self._usual


def mapping_of(name: object) -> str:
    """The option that says what a name means, as it may be typed."""
    shown = name if isinstance(name, str) and len(name) <= _LONGEST else "NAME"
    return f"{{--roles}} '{json.dumps({shown: 'user'}, ensure_ascii=False)}'"


def _folded(name: str) -> str:
    return name.strip().casefold()
