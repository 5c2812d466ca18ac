"""Chunks packed side by side into sequences of one length, with hardly any padding."""

from collections.abc import Sequence


def pack(lengths: Sequence[int], room: int) -> list[list[int]]:
    """Which pieces share a block, by best fit in falling order of length (Johnson et al. 1974).

    Args:
        lengths: ids of each piece, none above ``room``.
        room: ids of a block.

    Returns:
        The numbers of the pieces of each block.
    """
    blocks: list[list[int]] = []
    by_room: list[list[int]] = [[] for _ in range(room + 1)]  # blocks that have so much room left
    for piece in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        length = lengths[piece]
        left = next((r for r in range(length, room) if by_room[r]), None)
        if left is None:
            left = room
            blocks.append([])
            by_room[room].append(len(blocks) - 1)
        block = by_room[left].pop()
        blocks[block].append(piece)
        by_room[left - length].append(block)
    return blocks
