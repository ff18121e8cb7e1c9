"""The component of spaCy; spaCy is an extra: pip install '.[spacy]'."""

import pickle
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import UserError
from pipeline.predict import TextTagger
from tests.predict.conftest import World

spacy = pytest.importorskip("spacy", reason="spaCy is not installed")

TEXTS = ["Анна Смирнова уехала в город Казань.", "", "Иван\u00a0Петров — в\nМоскву!\U0001f600 Иван"] * 3


@pytest.fixture
def nlp(world: World) -> Any:
    from pipeline.predict.spacy_component import NAME

    nlp = spacy.blank("ru")
    nlp.add_pipe(NAME, config={"model": str(world.exported)})
    return nlp


def test_documents_have_the_entities_of_the_tagger_on_the_tokens_of_spacy(nlp: Any, tagger: TextTagger) -> None:
    for text, doc, one in zip(TEXTS, nlp.pipe(TEXTS), map(nlp, TEXTS), strict=True):
        spans = tagger(text)
        assert doc.text == text and len(doc.ents) <= len(spans)
        assert [(ent.text, ent.label_) for ent in doc.ents] == [(ent.text, ent.label_) for ent in one.ents]
        for ent in doc.ents:
            inside = [span for span in spans if ent.start_char <= span.start and span.stop <= ent.end_char]
            assert any(
                ent.label_ == span.type and ent._.confidence == pytest.approx(span.confidence, abs=1e-5)
                for span in inside
            )
    assert any(doc.ents for doc in nlp.pipe(TEXTS))


def test_it_can_be_pickled_for_other_processes(nlp: Any) -> None:
    copy = pickle.loads(pickle.dumps(nlp))
    assert [[ent.text for ent in doc.ents] for doc in copy.pipe(TEXTS)] == [
        [ent.text for ent in doc.ents] for doc in nlp.pipe(TEXTS)
    ]


def test_entities_that_share_a_token_of_spacy_become_one(nlp: Any, tagger: TextTagger) -> None:
    from pipeline.predict import Span
    from pipeline.predict.spacy_component import Component

    doc = nlp.make_doc("в Москве-реке")
    assert [token.text for token in doc] == ["в", "Москве", "-", "реке"]
    spans = [Span(2, 5, "LOC", 0.9, "Мос"), Span(6, 13, "ORG", 0.8, "ве-реке")]
    assert [(ent.text, ent.label_) for ent in Component._set(doc, spans).ents] == [("Москве-реке", "ORG")]


def test_a_pipeline_is_written_and_read_again_with_the_folder_of_its_tagger(nlp: Any, tmp_path: Path) -> None:
    nlp.to_disk(tmp_path / "nlp")
    again = spacy.load(tmp_path / "nlp")(TEXTS[0])
    assert [str(ent) for ent in again.ents] == [str(ent) for ent in nlp(TEXTS[0]).ents]
    with pytest.raises(UserError, match="no such folder"):
        spacy.blank("ru").add_pipe("recurrent_ner", config={"model": str(tmp_path / "none")})
