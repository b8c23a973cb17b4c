"""The embedded servers: shared while somebody uses them, gone when nobody does."""

from __future__ import annotations

import os
import stat

import psycopg
import pytest
import redis

from config import embedded
from config.engines import locks, postgres
from config.engines.postgres import Postgres
from config.engines.valkey import Valkey
from tests.support.processes import kill_9, lives, running
from tests.support.workers import until


def serves(place) -> bool:
    return Postgres(place).answers() and Valkey(place).answers()


def is_quiet(place) -> bool:
    """No keeper and no process of either server is left."""
    names = ("keeper", "postgresql.alive", "valkey.alive")
    return all(locks.is_free(place.locks / name) for name in names)


def of(place) -> set[int]:
    return set(running(f"config.engines.keeper {place.purpose}", str(place.sockets)))


def test_the_last_one_out_ends_the_servers(probe, user_of):
    mine = embedded.join(probe.purpose)
    other = user_of(probe)
    mine.leave()
    assert serves(probe)
    other.communicate("")
    assert other.returncode == 0
    assert is_quiet(probe)
    assert not of(probe)


def test_what_was_written_is_there_the_next_time(probe):
    engines = embedded.join(probe.purpose)
    with psycopg.connect(engines.database_url) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    with redis.Redis.from_url(engines.redis_url) as broker:
        broker.set("kept", "yes")
    engines.leave()
    again = embedded.join(probe.purpose)
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    with redis.Redis.from_url(again.redis_url) as broker:
        assert broker.get("kept") == b"yes"
    again.leave()


def test_a_user_that_is_killed_leaves_no_server_behind(probe, user_of):
    user_of(probe).kill()
    until(lambda: is_quiet(probe), what="the servers to end")


def test_everything_killed_at_once_starts_again(probe, user_of):
    user = user_of(probe)
    kill_9({user.pid, *of(probe)})
    until(lambda: is_quiet(probe), what="the orphans to end")
    engines = embedded.join(probe.purpose)
    assert serves(probe)
    engines.leave()


def test_a_pid_file_that_names_a_stranger_neither_stops_us_nor_harms_it(probe):
    embedded.join(probe.purpose).leave()
    cluster = postgres.data_folder(probe)
    (cluster / "postmaster.pid").write_text(
        f"{os.getpid()}\n{cluster}\n1700000000\n5432\n{probe.sockets}\n\n1 1\n"
    )
    (probe.sockets / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    engines = embedded.join(probe.purpose)
    assert serves(probe)
    engines.leave()
    assert lives(os.getpid())


def test_a_server_that_crashes_is_started_again(probe):
    engines = embedded.join(probe.purpose)
    before = {pid for pid, line in running(str(probe.sockets)).items() if "keeper" not in line}
    kill_9(before)
    until(lambda: serves(probe) and not any(map(lives, before)), what="the servers to come back")
    engines.leave()
    assert is_quiet(probe)


def test_servers_whose_keeper_is_killed_come_back_for_who_still_works(probe):
    engines = embedded.join(probe.purpose)
    kill_9(set(running(f"config.engines.keeper {probe.purpose}")))
    until(lambda: locks.is_free(probe.locks / "keeper"), what="the keeper to be gone")
    engines.revive()
    assert serves(probe)
    engines.leave()
    assert is_quiet(probe)


def test_sockets_and_data_are_closed_to_others(probe):
    engines = embedded.join(probe.purpose)
    for folder in (probe.sockets, postgres.data_folder(probe), probe.data / "valkey"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert len(os.fsencode(probe.sockets / ".s.PGSQL.5432")) < 100
    with psycopg.connect(engines.database_url) as connection:
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)
    engines.leave()


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user's servers run as that user")
def test_for_root_the_servers_run_as_an_account_of_their_own(probe):
    engines = embedded.join(probe.purpose)
    owners = {
        os.stat(f"/proc/{pid}").st_uid for pid in running(f"unixsocket:{probe.sockets}", f"={probe.sockets}")
    }
    assert owners == {probe.account.uid}
    assert 0 not in owners
    engines.leave()


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("redis://:pw@host:6379/2", "redis://:pw@host:6379/2"),
        ("amqp://host//", "amqp://host//"),
        ("unix:///tmp/x/valkey.sock?db=3", "redis+socket:///tmp/x/valkey.sock?virtual_host=3"),
        ("unix:///tmp/x/valkey.sock", "redis+socket:///tmp/x/valkey.sock?virtual_host=0"),
    ],
)
def test_celery_reads_the_same_broker_in_its_own_spelling(given, wanted):
    assert embedded.celery_url(given) == wanted


@pytest.mark.parametrize("arguments", [[], ["help"], ["migrate", "--help"], ["makemessages"], ["--version"]])
def test_commands_that_need_no_server_start_none(arguments):
    assert embedded.join_for_command(arguments) is None


def test_servers_that_run_without_a_keeper_are_adopted_and_ended(probe):
    orphans = [Postgres(probe), Valkey(probe)]
    for server in orphans:
        server.start()
    engines = embedded.join(probe.purpose)
    assert not any(server.died() for server in orphans)
    assert serves(probe)
    engines.leave()
    assert is_quiet(probe)
    assert all(server.died() for server in orphans)
