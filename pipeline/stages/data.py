"""Stage data: what the news text is like, for people: one page with pictures and fragments."""

from itertools import islice

from pipeline.files.json import read_json
from pipeline.files.vocabulary import read_entries
from pipeline.params import Params
from pipeline.paths import Paths
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
from pipeline.work.outputs import fresh_folder, write_text

FRAGMENTS = 10
FREQUENT = 50
"""Lemmas that the page lists."""
PICTURES = "data"
"""The folder of the pictures, beside the page."""


def run(paths: Paths, params: Params) -> None:
    """Read what the text stages left; write data.md, data.html and the pictures to `paths.metrics`.

    The page names the scale; the seed says which fragments are shown.
    """
    metrics, corpus = paths.metrics, _read(paths, params.scale, params.seed)
    with fresh_folder(metrics / PICTURES) as folder:
        pictures = {
            "lengths": save(folder, "lengths", draw_lengths, corpus.lengths),
            "growth": save(folder, "growth", draw_growth, corpus.growth),
            "coverage": save(folder, "coverage", draw_coverage, corpus.usage),
        }
    write_text(metrics / "data.md", render_markdown(corpus, f"{PICTURES}/"))
    write_text(metrics / "data.html", render_html(corpus, pictures))


def _read(paths: Paths, scale: str, seed: int) -> Corpus:
    growth, usage = measure_vocabulary(paths.vocabulary)
    return Corpus(
        scale=scale,
        seed=seed,
        counts=read_counts(paths.data),
        templates=[Lost(*lost) for lost in read_json(paths.documents / LOST, LostFile)["templates"]],
        lengths=count_lengths(paths.sentences, paths.fragments),
        growth=growth,
        usage=usage,
        frequent=[*islice(read_entries(paths.vocabulary), FREQUENT)],
        sample=_draw(paths, seed),
    )


def _draw(paths: Paths, seed: int) -> list[Sample]:
    predicted = read_predicted(paths.vocabulary)
    sample = []
    for drawn in draw_fragments(paths.fragments, FRAGMENTS, seed):
        article = read_article(paths.data, drawn.shard, drawn.article)
        name = f"{article.name}: fragment {drawn.number + 1} of {len(article.lines['fragments'])}"
        sample.append(Sample(name, trace(article, drawn.number, predicted)))
    return sample
