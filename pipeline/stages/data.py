"""Stage data: what the news text is like, for people: one page with pictures and fragments."""

from itertools import islice
from pathlib import Path

from pipeline.files.vocabulary import read_entries
from pipeline.report.corpus.article import read_article
from pipeline.report.corpus.growth import measure_vocabulary
from pipeline.report.corpus.lengths import count_lengths
from pipeline.report.corpus.page import Corpus, Sample, render_html, render_markdown
from pipeline.report.corpus.plots import draw_coverage, draw_growth, draw_lengths
from pipeline.report.corpus.sample import draw_fragments
from pipeline.report.corpus.trace import read_predicted, trace
from pipeline.report.data import read_counts
from pipeline.report.plots.style import save
from pipeline.text.dump.templates.lost import FILE as LOST
from pipeline.text.dump.templates.lost import Lost, LostFile
from pipeline.work.outputs import fresh_folder, read_json, write_text

FRAGMENTS = 10
FREQUENT = 50
"""Lemmas that the page lists."""
PICTURES = "data"
"""The folder of the pictures, beside the page."""


def run(data: Path, metrics: Path, scale: str, seed: int) -> None:
    """Read what the text stages left in `data`; write data.md, data.html and the pictures to `metrics`."""
    corpus = _read(data, scale, seed)
    with fresh_folder(metrics / PICTURES) as folder:
        pictures = {
            "lengths": save(folder, "lengths", draw_lengths, corpus.lengths),
            "growth": save(folder, "growth", draw_growth, corpus.growth),
            "coverage": save(folder, "coverage", draw_coverage, corpus.usage),
        }
    write_text(metrics / "data.md", render_markdown(corpus, f"{PICTURES}/"))
    write_text(metrics / "data.html", render_html(corpus, pictures))


def _read(data: Path, scale: str, seed: int) -> Corpus:
    growth, usage = measure_vocabulary(data / "vocabulary")
    return Corpus(
        scale=scale,
        seed=seed,
        counts=read_counts(data),
        templates=[Lost(*lost) for lost in read_json(data / "documents" / LOST, LostFile)["templates"]],
        lengths=count_lengths(data / "sentences", data / "fragments"),
        growth=growth,
        usage=usage,
        frequent=[*islice(read_entries(data / "vocabulary"), FREQUENT)],
        sample=_draw(data, seed),
    )


def _draw(data: Path, seed: int) -> list[Sample]:
    predicted = read_predicted(data / "vocabulary")
    sample = []
    for drawn in draw_fragments(data / "fragments", FRAGMENTS, seed):
        article = read_article(data, drawn.shard, drawn.article)
        name = f"{article.name}: fragment {drawn.number + 1} of {len(article.lines['fragments'])}"
        sample.append(Sample(name, trace(article, drawn.number, predicted)))
    return sample
