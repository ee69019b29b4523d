"""Downloading as from Hugging Face, with every fault that a network has."""

import hashlib
import os

import pytest

from picogpt import download, load_encoder_hparams_and_params, models
from picogpt.download import fetch
from picogpt.errors import DownloadError, WeightsError
from tests.unit.hub import serving
from tests.unit.references import REFERENCE

CONTENT = os.urandom(3_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(download, "PAUSES_S", (0, 0, 0))
    with serving(CONTENT) as hub:
        yield hub


@pytest.fixture
def path(tmp_path):
    return tmp_path / "models" / "model.safetensors"


def test_a_file_arrives_whole_by_way_of_the_redirect(hub, path):
    fetch(f"{hub.url}/a/b", path, SHA256)
    assert path.read_bytes() == CONTENT
    assert hub.asked == [("/a/b", None), ("/cdn/a/b", None)]
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_lost_connection_is_taken_up_at_the_byte_where_it_stopped(hub, path):
    hub.cuts = [1_000_000, 500_000, 1]
    fetch(f"{hub.url}/a", path, SHA256)
    assert path.read_bytes() == CONTENT
    assert hub.n_sent == len(CONTENT)
    assert hub.asked[-1] == ("/cdn/a", "bytes=1500001-")


def test_a_later_call_resumes_what_an_earlier_one_left(hub, path):
    path.parent.mkdir()
    path.with_name("model.safetensors.part").write_bytes(CONTENT[:2_000_000])
    fetch(f"{hub.url}/a", path, SHA256)
    assert path.read_bytes() == CONTENT
    assert hub.n_sent == 1_000_000


def test_a_part_that_is_whole_is_only_verified(hub, path):
    path.parent.mkdir()
    path.with_name("model.safetensors.part").write_bytes(CONTENT)
    fetch(f"{hub.url}/a", path, SHA256)
    assert path.read_bytes() == CONTENT
    assert hub.n_sent == 0


def test_a_server_without_ranges_starts_again_from_the_beginning(hub, path):
    hub.ranges, hub.cuts = False, [1_000_000]
    fetch(f"{hub.url}/a", path, SHA256)
    assert path.read_bytes() == CONTENT


def test_a_passing_error_of_the_server_is_outlasted_once_something_has_come(hub, path):
    hub.cuts = [1_000_000]
    original = hub.cuts.pop

    def cut_then_fail(n):
        hub.statuses = [503, 429]
        hub.cuts = []
        return original(n)

    hub.cuts = type("Cuts", (list,), {"pop": lambda _, n: cut_then_fail(n)})([1_000_000])
    fetch(f"{hub.url}/a", path, SHA256)
    assert path.read_bytes() == CONTENT


def test_wrong_bytes_are_deleted_and_both_hashes_named(hub, path):
    hub.wrong = True
    with pytest.raises(
        DownloadError, match=f"expected sha256 {SHA256}, got {hashlib.sha256(bytes(3_000_000)).hexdigest()}"
    ):
        fetch(f"{hub.url}/a", path, SHA256)
    assert list(path.parent.iterdir()) == []


def test_without_a_pinned_hash_the_hubs_own_is_checked(hub, path):
    fetch(f"{hub.url}/a", path)
    assert path.read_bytes() == CONTENT
    hub.wrong = True
    with pytest.raises(DownloadError, match=f"expected sha256 {SHA256}"):
        fetch(f"{hub.url}/a", path.with_name("other"))


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_said_at_once_with_its_status(hub, path, status):
    hub.statuses = [status]
    with pytest.raises(DownloadError, match=f"answered {status}"):
        fetch(f"{hub.url}/a", path, SHA256)
    assert len(hub.asked) == 2


def test_no_network_is_said_at_once_with_what_to_do(path):
    with serving(b"") as hub:
        url = hub.url
    with pytest.raises(DownloadError, match=r"no connection.*Check the connection"):
        fetch(f"{url}/a", path, SHA256)


def test_a_connection_lost_for_good_says_so_and_keeps_what_came(hub, path):
    hub.cuts = [1_000_000, 0, 0, 0, 0, 0]
    with pytest.raises(
        DownloadError, match=r"lost with 2,000,000 bytes to go.*goes on from where it stopped"
    ):
        fetch(f"{hub.url}/a", path, SHA256)
    assert path.with_name("model.safetensors.part").stat().st_size == 1_000_000


@pytest.fixture
def published_hub(monkeypatch):
    content = (REFERENCE / "published" / "model.safetensors").read_bytes()
    with serving(content) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


def test_a_published_size_is_downloaded_from_the_pinned_revision_and_refused_if_it_is_not_the_pinned_file(
    published_hub, tmp_path
):
    with pytest.raises(
        DownloadError, match="expected sha256 248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b4"
    ):
        load_encoder_hparams_and_params("124M", tmp_path)
    revision = "607a30d783dfa663caf39e06633721c8d4cfcd7e"
    assert published_hub.asked[0][0] == f"/openai-community/gpt2/resolve/{revision}/model.safetensors"


def test_what_was_downloaded_is_loaded_and_the_next_time_needs_no_network(
    published_hub, tmp_path, monkeypatch
):
    # a stand-in for a size: its vocabulary must fit, so the shared merges are replaced by none
    monkeypatch.setattr(models, "PUBLISHED", {"tiny": models.Published("someone/tiny")})
    (tmp_path / "tiny").mkdir()
    folder = models.model_folder("tiny", tmp_path)
    n_asked = len(published_hub.asked)
    assert (folder / "merges.txt").read_bytes() == (
        models.shipped_folder() / "gpt2" / "merges.txt"
    ).read_bytes()
    assert models.model_folder("tiny", tmp_path) == folder
    assert len(published_hub.asked) == n_asked


def test_an_unknown_name_lists_the_known_ones(tmp_path):
    with pytest.raises(WeightsError, match=r"no model 'gpt5'.*124M, 355M, 774M, 1558M, shakespeare"):
        load_encoder_hparams_and_params("gpt5", tmp_path)
