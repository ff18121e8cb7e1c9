"""Stage data: a page with pictures about the news text, for people."""

from itertools import islice

from pipeline.files.json import read_key
from pipeline.files.vocabulary import read_entries
from pipeline.params import Params
from pipeline.paths import Paths
from pipeline.report.corpus.article import draw_articles
from pipeline.report.corpus.measure import count_lengths, measure_vocabulary
from pipeline.report.corpus.page import render
from pipeline.report.corpus.plots import draw_coverage, draw_growth, draw_lengths
from pipeline.report.data import read_counts
from pipeline.report.pages.render import write_page
from pipeline.report.plots.style import save
from pipeline.text.dump.templates.lost import FILE, FORM, Lost
from pipeline.work.outputs import fresh_folder

ARTICLES, FREQUENT = 10, 50
"""The number of articles that the page names, and of lemmas."""


def run(paths: Paths, params: Params) -> None:
    """Read what the text stages left, and write data.md, data.html and the pictures to `paths.metrics`.

    The page names the scale; the seed says which articles it names.
    """
    growth, usage = measure_vocabulary(paths.vocabulary)
    lengths = count_lengths(paths.sentences, paths.fragments)
    page = render(
        scale=params.scale,
        counts=read_counts(paths.data),
        templates=[Lost(*lost) for lost in read_key(paths.documents / FILE, "templates", FORM, "documents")],
        lengths=lengths,
        growth=growth,
        usage=usage,
        frequent=[*islice(read_entries(paths.vocabulary), FREQUENT)],
        articles=draw_articles(paths.fragments, ARTICLES, params.seed),
    )
    with fresh_folder(paths.metrics / "data") as folder:
        pictures = {
            "lengths": save(folder, "lengths", draw_lengths, lengths),
            "growth": save(folder, "growth", draw_growth, growth),
            "coverage": save(folder, "coverage", draw_coverage, usage),
        }
    write_page(paths.metrics, "data", page, pictures)
