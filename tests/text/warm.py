"""Sums up the code of every text stage once, for all children of a server that imports this before it forks them."""

from pipeline.text.mapping import sum_code
from tests.text.news import STAGES

for _stage in STAGES:
    sum_code(_stage)
