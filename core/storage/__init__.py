"""The only place with SQL: one DuckDB file, numbered migrations, one store per subject, records in and out."""

from core.storage.access_log import Access, AccessLog
from core.storage.backup import create_backup, restore_backup
from core.storage.catalog_store import CatalogImport, CatalogStore
from core.storage.connection import Database
from core.storage.decisions import Decision
from core.storage.embedding_store import EmbeddingStore
from core.storage.enhancement_store import EnhancementStore
from core.storage.job_store import JobStore
from core.storage.journal_batch import Embedding, ItemSample, JobItem, JournalBatch
from core.storage.measurement_store import MeasurementRun, MeasurementStore
from core.storage.prompt_store import PromptChoice, PromptStore, StoredPrompt
from core.storage.recommendation_store import RankedArrays, RecommendationRun, RecommendationStore
from core.storage.release_store import ReleaseStore
from core.storage.settings_store import SettingsStore
from core.storage.student_store import StudentCounts, StudentStore
from core.storage.weight_store import WeightStore

__all__ = [
    "Access",
    "AccessLog",
    "CatalogImport",
    "CatalogStore",
    "Database",
    "Decision",
    "Embedding",
    "EmbeddingStore",
    "EnhancementStore",
    "ItemSample",
    "JobItem",
    "JobStore",
    "JournalBatch",
    "MeasurementRun",
    "MeasurementStore",
    "PromptChoice",
    "PromptStore",
    "RankedArrays",
    "RecommendationRun",
    "RecommendationStore",
    "ReleaseStore",
    "SettingsStore",
    "StoredPrompt",
    "StudentCounts",
    "StudentStore",
    "WeightStore",
    "create_backup",
    "restore_backup",
]
