"""Conversations → the text of a chat template → ids, of which the answers are to be learned."""

from weitiao.inputs.chat.card import ChatInput
from weitiao.inputs.chat.chat import Chat

__all__ = ["Chat", "ChatInput"]
