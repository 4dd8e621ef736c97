"""`make calibrate`: the table of docs/insight.md, made anew. `python -m tests.insight.calibrate`."""

from pathlib import Path

from tests.insight.calibration import SETTINGS, Coverage, Setting, Tried, cover, true_rate, try_out

PAGE = Path(__file__).resolve().parents[2] / "docs" / "insight.md"
BEGIN, END = "<!-- calibration: begin -->", "<!-- calibration: end -->"
SEEDS = range(100)
FRESH = range(10_000, 10_030)
TRUTH = range(20_000, 20_300)
HEADS = (
    *("world", "true rate an hour", "ranges that hold it", "Poisson's alone", "advised, best interval"),
    *("dearer than the best", "loss predicted, simulated: advised", "four times that", "none"),
)
HEAD = f"| {' | '.join(HEADS)} |\n|{'---|' * len(HEADS)}"


def measure(setting: Setting) -> str:
    """The row of one setting."""
    truth = true_rate(setting, TRUTH)
    covered, tried = cover(setting, SEEDS, truth), try_out(setting, range(8), FRESH)
    return _row(setting, truth, covered, tried)


def _row(setting: Setting, truth: float, covered: Coverage, tried: Tried) -> str:
    losses = [f"{p:.1%}, {s:.1%} ({p / s - 1:+.0%})" for p, s in zip(tried.predicted, tried.simulated, strict=True)]
    cells = [
        setting.name,
        f"{truth:.3f}",
        f"{covered.held} of {covered.seeds}",
        f"{covered.held_poisson} of {covered.seeds}",
        f"{tried.advised / 60:.1f}, {tried.best / 60:.1f} min ({tried.advised / tried.best - 1:+.0%})",
        f"{tried.extra:.2%}",
        *losses,
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    rows = []
    for setting in SETTINGS:
        rows.append(measure(setting))
        print(rows[-1], flush=True)  # noqa: T201 - a command says how far it is
    text = PAGE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{HEAD}\n" + "\n".join(rows) + f"\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
