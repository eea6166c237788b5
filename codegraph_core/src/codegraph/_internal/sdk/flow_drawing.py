"""Drawings of control-flow graphs: Graphviz's language, and SVG laid out in layers by graphlay."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from codegraph._internal.sdk.flow import BasicBlock, ControlFlow, FlowEdge

MAX_LINES: Final = 12
MAX_COLUMNS: Final = 64

_CHARACTER_PX: Final = 7.25
_LINE_PX: Final = 16.0
_PADDING_PX: Final = 9.0
_MARGIN_PX: Final = 16.0
_INK: Final = "#1f2933"
_DEAD: Final = "#9aa5b1"
_COLOURS: Final = {
    "true": "#1a7f4b",
    "item": "#1a7f4b",
    "false": "#b3401f",
    "exhausted": "#b3401f",
    "exception": "#c2185b",
    "return": "#4a5fc1",
    "resume": "#8a6d00",
    "finally": "#7048b0",
}
_QUIET: Final = frozenset({"jump", "return"})


def _shown(cfg: ControlFlow) -> tuple[list[BasicBlock], list[FlowEdge]]:
    """Leave out the exits that nothing reaches."""
    ends = {end for edge in cfg.edges for end in (edge.source, edge.target)}
    blocks = [block for block in cfg.blocks if block.block in ends or block.block == 0]
    return blocks, list(cfg.edges)


def label_lines(cfg: ControlFlow, block: BasicBlock, *, instructions: bool) -> list[str]:
    """Return what a block's box says: its name, then its lines of source or its instructions."""
    if instructions:
        body = [*block.instructions, block.terminator]
    else:
        texts = [(line, cfg.source_lines[line - 1].strip()) for line in block.lines if line <= len(cfg.source_lines)]
        body = [f"{line}  {text}" for line, text in texts]
    if block.name in {"exit", "raise"}:
        return [block.name]
    if len(body) > MAX_LINES:
        body = [*body[: MAX_LINES - 1], f"… {len(body) - MAX_LINES + 1} more"]
    cut = [text if len(text) <= MAX_COLUMNS else f"{text[: MAX_COLUMNS - 1]}…" for text in body]
    # Control characters of hostile sources have no place in a document.
    return [block.name, *("".join(one if one.isprintable() else "\ufffd" for one in text) for text in cut)]


def dot(cfg: ControlFlow, *, instructions: bool) -> str:
    """Write a graph in Graphviz's language."""

    def quoted(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"')

    blocks, edges = _shown(cfg)
    lines = [f'digraph "{quoted(cfg.name)}" {{', '  node [shape=box, fontname="monospace", fontsize=10];']
    for block in blocks:
        label = "".join(f"{quoted(line)}\\l" for line in label_lines(cfg, block, instructions=instructions))
        style = "" if block.is_live else f', color="{_DEAD}", fontcolor="{_DEAD}", style=dashed'
        lines.append(f'  b{block.block} [label="{label}"{style}];')
    for edge in edges:
        colour = _COLOURS.get(edge.kind, _INK) if edge.is_live else _DEAD
        style = ", style=dashed" if edge.kind == "exception" or not edge.is_live else ""
        label = "" if edge.kind in _QUIET else f', label="{edge.kind}"'
        lines.append(f'  b{edge.source} -> b{edge.target} [color="{colour}", fontcolor="{colour}"{label}{style}];')
    return "\n".join([*lines, "}", ""])


def svg(cfg: ControlFlow, *, instructions: bool) -> str:
    """Draw a graph: blocks in layers from the entry down, edges around them."""
    import graphlay

    blocks, edges = _shown(cfg)
    labels = {block.block: label_lines(cfg, block, instructions=instructions) for block in blocks}
    graph = graphlay.Graph()
    for block in blocks:
        lines = labels[block.block]
        width = max(map(len, lines)) * _CHARACTER_PX + 2 * _PADDING_PX
        graph.node(block.block, width=max(width, 48), height=len(lines) * _LINE_PX + 2 * _PADDING_PX)
    for edge in edges:
        # Loops are laid out forwards, so that the entry is on top; their arrows are drawn the other way.
        ends = (edge.target, edge.source) if _is_back(cfg, edge) else (edge.source, edge.target)
        graph.edge(*ends, weight=0.2 if edge.kind == "exception" else 1.0)
    layout = graphlay.layout(graph, options={"direction": "topbottom"})
    return _document(cfg, blocks, edges, labels, layout)


def _document(
    cfg: ControlFlow,
    blocks: Sequence[BasicBlock],
    edges: Sequence[FlowEdge],
    labels: dict[int, list[str]],
    layout: Any,
) -> str:
    low, high = layout.bounds["min"], layout.bounds["max"]
    left, top = low["x"] - _MARGIN_PX, low["y"] - _MARGIN_PX
    width, height = high["x"] - left + _MARGIN_PX, high["y"] - top + _MARGIN_PX
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.1f} {top:.1f} {width:.1f} {height:.1f}" '
        f'width="{width:.0f}" height="{height:.0f}" font-family="DejaVu Sans Mono, Menlo, Consolas, monospace" '
        'font-size="12">',
        f"<title>{escape(cfg.name)}</title>",
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}" fill="#ffffff"/>',
    ]
    for edge, drawn in zip(edges, layout.edges, strict=True):
        points = [(point["x"], point["y"]) for point in drawn["points"]]
        parts.append(_edge(edge, points[::-1] if _is_back(cfg, edge) else points))
    for block, placed in zip(blocks, layout.nodes, strict=True):
        parts.append(_block(block, labels[block.block], placed["center"], placed["size"]))
    return "\n".join([*parts, "</svg>", ""])


def _is_back(cfg: ControlFlow, edge: FlowEdge) -> bool:
    """Say whether an edge leads to a block that is on every way to where it comes from."""
    at: int | None = edge.source
    while at is not None and at != edge.target:
        at = cfg.blocks[at].immediate_dominator
    return at is not None


def _edge(edge: FlowEdge, points: list[tuple[float, float]]) -> str:
    colour = _COLOURS.get(edge.kind, _INK) if edge.is_live else _DEAD
    dashes = ' stroke-dasharray="5 4"' if edge.kind == "exception" or not edge.is_live else ""
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    drawn = [f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="1.3"{dashes}/>']
    (x, y), (from_x, from_y) = points[-1], points[-2]
    length = max(((x - from_x) ** 2 + (y - from_y) ** 2) ** 0.5, 0.01)
    along_x, along_y = (x - from_x) / length, (y - from_y) / length
    base_x, base_y = x - 7 * along_x, y - 7 * along_y
    side_x, side_y = -3.2 * along_y, 3.2 * along_x
    head = f"{x:.1f},{y:.1f} {base_x + side_x:.1f},{base_y + side_y:.1f} {base_x - side_x:.1f},{base_y - side_y:.1f}"
    drawn.append(f'<polygon points="{head}" fill="{colour}"/>')
    if edge.kind not in _QUIET:
        start_x, start_y = points[0]
        drawn.append(
            f'<text x="{start_x + 4:.1f}" y="{start_y + 12:.1f}" font-size="10" fill="{colour}" stroke="#ffffff" '
            f'stroke-width="3" paint-order="stroke">{edge.kind}</text>'
        )
    return "".join(drawn)


def _block(block: BasicBlock, lines: list[str], center: dict[str, float], size: dict[str, float]) -> str:
    left, top = center["x"] - size["width"] / 2, center["y"] - size["height"] / 2
    is_exit = block.name in {"exit", "raise"}
    fill = "#e8edf3" if is_exit else "#f8fafc" if block.is_live else "#ffffff"
    ink = _INK if block.is_live else _DEAD
    dashes = "" if block.is_live else ' stroke-dasharray="4 3"'
    drawn = [
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{size["width"]:.1f}" height="{size["height"]:.1f}" '
        f'rx="{12 if is_exit else 4}" fill="{fill}" stroke="{ink}"{dashes}/>'
    ]
    for index, line in enumerate(lines):
        y = top + _PADDING_PX + (index + 0.78) * _LINE_PX
        weight = ' font-weight="bold"' if index == 0 else ""
        text = escape(line)
        drawn.append(
            f'<text x="{left + _PADDING_PX:.1f}" y="{y:.1f}" fill="{ink}" xml:space="preserve"{weight}>{text}</text>'
        )
    return "".join(drawn)
