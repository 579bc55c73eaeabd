"""The strongest search that needs no model: TF-IDF with cosine similarity, by scikit-learn.

scikit-learn comes with sentence-transformers and takes a second to import, so it is imported at first use.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]


def tfidf_similarity(queries: Sequence[str], documents: Sequence[str], language: str = "en") -> Floats:
    """Cosine similarity of each query with each document, float32 (queries, documents); weights from the documents.

    Words and pairs of words, without the common ones of English. Korean joins particles to words, so there
    sequences of two and three characters within words are counted.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    if language == "ko":
        vectorizer = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 3), sublinear_tf=True)
    else:
        vectorizer = TfidfVectorizer(ngram_range=(1, 2), stop_words="english", sublinear_tf=True)
    weighted = vectorizer.fit_transform(documents)
    similarity = vectorizer.transform(queries) @ weighted.T
    return np.asarray(similarity.toarray(), np.float32)
