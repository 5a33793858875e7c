#!/usr/bin/env python3
"""Tests Cambium on a real Slurm: a controller and four nodes on this machine, started by the script 'cluster' beside this one.

    test.py PROGRAM [PART…]

Without parts it runs the short ones, in three minutes; 'all' runs all of them, which takes about an hour:

    basics    arrays, dependencies, the same bits as a local run, adoption, detaching, status, logs
    mistakes  what is refused before anything is queued
    chains    arrays that follow each other task by task
    room      limits of arrays and of queued tasks, cancelling, obsolete tasks
    images    an archive that is packed anew, with the same images and with others
    failures  a stage that fails, a node and a controller that are killed, a task that is requeued
    limit     a stage that takes longer than its time limit (LIMIT_SECONDS, 300)
    many      short stages (STAGES, 1000): number of calls, time compared with a local run
    faults    requeues (REQUEUES, 50), kills of the controller (CONTROLLER_KILLS, 20) and of nodes (NODE_KILLS, 10) in a
              study of about 60 stages
"""

import collections
import concurrent.futures
import io
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
import zlib

HERE = pathlib.Path(__file__).resolve().parent
SHORT = ["basics", "mistakes", "chains", "room", "images", "failures"]
LONG = ["limit", "many", "faults"]
SETTINGS = {"room": {"MAX_ARRAY": 3}}

STUDY = """
cambium: 1
name: {name}
params: {{epochs: {epochs}}}
datasets:
  shapes: {{source: "builtin:shapes", examples: {{train: {train}, test: 10}}}}
splits:
  halves: {{dataset: shapes, random: {{tasks: [A, B], seed: 1}}}}
networks:
  small:
    input: [3, 32, 32]
    layers:
      conv1: [conv: {{filters: 8, kernel: 5, padding: 2}}, relu, max-pool: {{kernel: 2, stride: 2}}]
      conv2: [conv: {{filters: 16, kernel: 3, padding: 1}}, relu, max-pool: {{kernel: 2, stride: 2}}]
      fc3: [dense: classes]
solvers:
  sgd: {{batch: 10, epochs: "${{epochs}}", momentum: 0.9, decay: 0.0005, rate: {{start: 0.01}}}}
  wild: {{batch: 10, epochs: 3, rate: {{start: 1.0e+30}}}}
"""

BASES = """
stages:
  "base-${task}": {for: {task: [A, B]}, train: {network: small, on: "halves.${task}", solver: sgd}}
"""

TRANSFERS = """
  "${source}${n}B":
    for: {source: [A, B], n: 1..2}
    transfer:
      {from: "base-${source}", layers: {"first ${n}": freeze, rest: initialize}, on: halves.B, solver: sgd}
  "test-${source}${n}": {for: {source: [A, B], n: 1..2}, evaluate: {network: "${source}${n}B", on: halves.B}}
"""


class Failed(Exception):
    pass


def check(condition, words):
    if not condition:
        raise Failed(words)
    print(f"  ok: {words}", flush=True)


class Cluster:
    """A cluster, a folder for studies, and a log of the commands of Slurm that are called."""

    def __init__(self, program, nodes=4, cpus=1, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cambium-slurm-"))
        self.program = program
        variables = {f"CLUSTER_{key}": str(value) for key, value in settings.items()}
        self.control("start", str(nodes), str(cpus), **variables)
        self.environment = dict(os.environ, SLURM_CONF=str(self.folder / "cluster/slurm.conf"))
        # Calls are counted on their way to the real commands.
        shims = self.folder / "bin"
        shims.mkdir()
        for command in ("sbatch", "squeue", "sacct", "scancel", "sinfo", "scontrol"):
            path = shims / command
            path.write_text(f"#!/bin/sh\necho $(date +%s) {command} \"$@\" >> {self.folder}/calls\n"
                            f"exec {shutil.which(command)} \"$@\"\n")
            path.chmod(0o755)
        self.environment["PATH"] = f"{shims}:{self.environment['PATH']}"

    def control(self, command, *arguments, **variables):
        done = subprocess.run([HERE / "cluster", command, self.folder / "cluster", *arguments],
                              env=dict(os.environ, **variables), stdin=subprocess.DEVNULL)
        if done.returncode == 3:
            sys.exit(3)
        if done.returncode != 0:
            raise Failed(f"cluster {command} {' '.join(arguments)}: status {done.returncode}")

    def stop(self):
        self.control("stop")
        shutil.rmtree(self.folder, ignore_errors=True)

    def calls(self, command):
        path = self.folder / "calls"
        lines = path.read_text().splitlines() if path.exists() else []
        return [int(line.split()[0]) for line in lines if line.split()[1] == command]

    def slurm(self, *words):
        return subprocess.run(words, env=dict(self.environment, PATH=os.environ["PATH"]), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL)

    def queue(self, state="all"):
        states = "pending,running,completing,configuring" if state == "all" else state
        done = self.slurm("squeue", "-h", "-r", "-t", states, "-o", "%i")
        return done.stdout.split()

    def drain(self):
        """Waits until tasks have ended: a result is there somewhat earlier than the log that tells of it."""
        wait_for(lambda: not self.queue(), "the queue is empty")

    def study(self, name, text):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.yaml"
        path.write_text(text)
        return path

    def start(self, *words, **options):
        return subprocess.Popen([self.program, *map(str, words)], env=self.environment, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, **options)

    def run(self, *words, status=0):
        process = self.start(*words)
        output, errors = process.communicate()
        if status is not None and process.returncode != status:
            raise Failed(f"cambium {' '.join(map(str, words))}: status {process.returncode}\n{output}{errors}")
        return output + errors

    def local(self, path, *words, threads=1, jobs=1, processes=1):
        """Runs a copy of a study on this machine; returns its store and the seconds that it took.

        Several processes share the store. Each is a session of its own, as jobs are: systems divide time among sessions.
        """
        folder = path.parent.with_name(path.parent.name + "-local")
        folder.mkdir()
        copy = folder / path.name
        shutil.copy(path, copy)
        started = time.time()
        runs = [self.start("run", copy, "--threads", threads, "--jobs", jobs, *words, start_new_session=True)
                for _ in range(processes)]
        # Side by side: a process whose output is not read would stop when the pipe is full, and the others wait for its results.
        with concurrent.futures.ThreadPoolExecutor(processes) as readers:
            outcomes = list(readers.map(lambda run: run.communicate(), runs))
        for run, (output, errors) in zip(runs, outcomes):
            if run.returncode != 0:
                raise Failed(f"the local run: status {run.returncode}\n{output}{errors}")
        return copy.parent / ".cambium", time.time() - started


def records(store):
    """The digests of all results, by fingerprint."""
    found = {}
    for path in store.glob("records/*/*.json"):
        header = json.loads(path.read_text())["header"]
        found[path.stem] = {name: output["digest"] for name, output in header["outputs"].items()}
    return found


def productions(store):
    """How often each stage was computed to its end, by the logs."""
    counts = collections.Counter()
    for path in store.glob("logs/*.jsonl"):
        for line in path.read_text().splitlines():
            event = json.loads(line)
            if event.get("outcome") == "produced":
                counts[event["stage"]] += 1
    return counts


def check_same(cluster, path, *words, **options):
    own = records(path.parent / ".cambium")
    local, seconds = cluster.local(path, *words, **options)
    check(own == records(local) and own, f"all {len(own)} results have the bits of a local run")
    text = cluster.run("store", "verify", "--store", path.parent / ".cambium")
    check("no damage" in text, "the store is clean")
    return seconds


def wait_for(condition, words, seconds=120):
    end = time.time() + seconds
    while not condition():
        if time.time() > end:
            raise Failed(f"waited {seconds} s in vain: {words}")
        time.sleep(0.2)


# --- Parts


def basics(cluster):
    path = cluster.study("basics", STUDY.format(name="basics", epochs=4, train=20) + BASES + TRANSFERS)
    store = path.parent / ".cambium"
    options = ["--task-time", "2s", "--cpus", "1"]
    text = cluster.run("submit", path, "--dry-run", *options)
    check(text.startswith("ARRAY") and "#SBATCH --dependency=afterany:JOB0" in text,
          "--dry-run prints the table and the scripts")
    check(not cluster.queue() and not (store / "submissions").exists(), "--dry-run submits nothing")
    first = cluster.start("submit", path, *options)
    second = cluster.start("submit", path, *options)
    told = first.communicate()[1] + second.communicate()[1]
    check(first.returncode == 0 == second.returncode and told.count("submitted 11 stages") == 1
          and "joined" in told, "of two submissions at the same time, one joins the tasks of the other")
    text = cluster.run("status", path)
    check("\njobs\n" in text and "stages done" in text, "status shows the jobs")
    follower = cluster.start("run", path, "--executor", "slurm", *options)
    time.sleep(2)
    follower.send_signal(signal.SIGINT)
    _, errors = follower.communicate()
    check(follower.returncode == 1 and "the tasks remain with Slurm" in errors and cluster.queue(),
          "Ctrl-C leaves the tasks running and says how to come back")
    text = cluster.run("run", path, "--executor", "slurm", *options)
    check(" not started" not in text and " failed" not in text, "coming back follows them to the end")
    cluster.drain()
    check(max(productions(store).values()) == 1 and len(productions(store)) == 11,
          "each stage was computed once")
    check(not cluster.calls("sacct") and len(cluster.calls("sbatch")) <= 8,
          f"{len(cluster.calls('sbatch'))} calls of sbatch, none of sacct")
    text = cluster.run("logs", path, "A1B")
    check(" on node" in text and "its output is in" in text, "logs finds where a stage ran")
    text = cluster.run("submit", path, *options)
    check("nothing to submit" in text, "when all is cached, nothing is submitted")
    check_same(cluster, path)


def mistakes(cluster):
    path = cluster.study("mistakes", STUDY.format(name="mistakes", epochs=2, train=20) + BASES)

    def refused(words, *options, status=1, program=None):
        text = cluster.run("submit", path, *options, status=status)
        check(words in text, f"refused: {words}")

    refused("the cluster has no partition 'none'", "--sbatch-partition=none")
    refused("--time-limit is 120 minutes, but partition 'main' allows 60", "--time-limit", "2h")
    refused("the largest node of partition 'main' has 1", "--cpus", "3")
    refused("--sbatch-array cannot be set", "--sbatch-array=1-2", status=2)
    refused("Slurm does not accept these jobs", "--sbatch-constraint=unknown")
    refused("--force cannot be combined", "--force", "*", status=2)
    if os.path.ismount("/dev/shm"):
        refused("in the memory of this machine", "--store", f"/dev/shm/{cluster.folder.name}")
    disk = cluster.folder / "disk"
    disk.mkdir()
    large = cluster.study("large", STUDY.format(name="large", epochs=2, train=20).replace(
        "fc3: [dense: classes]", "fc3: [dense: 30000, dense: 30000, dense: classes]") + BASES)
    text = cluster.run("submit", large, "--cpus", "1", status=1)
    check("memory, but the largest node" in text and "'base-A'" in text,
          "refused: more memory than the partition's nodes have, with the stage")
    text = cluster.run("submit", large, "--cpus", "1", "--time-limit", "1m", "--sbatch-mem=1000",
                       status=1)
    check("leaves 15 s to save stage" in text, "refused: a limit that is too short to save the work")
    environment = dict(cluster.environment, PATH="/nonexistent")
    done = subprocess.run([cluster.program, "submit", path], env=environment, text=True,
                          capture_output=True)
    check(done.returncode == 1 and "Slurm is not installed" in done.stderr, "refused: no Slurm")
    check(not cluster.queue(), "nothing was queued")
    # A store that nodes do not see, here because its folder is gone when they look.
    hidden = cluster.study("hidden", STUDY.format(name="hidden", epochs=2, train=20) + BASES)
    cluster.run("submit", hidden, "--sbatch-begin=now+4", "--task-time", "1s")
    away = hidden.parent.with_name("away")
    wait_for(lambda: cluster.queue(), "it is queued")
    hidden.parent.rename(away)
    wait_for(lambda: not cluster.queue(), "the jobs have ended")
    away.rename(hidden.parent)
    text = cluster.run("status", hidden)
    check("it never started: all nodes have to see the store" in text,
          "the status tells of nodes that do not see the store")


def chains(cluster):
    stages = "stages:\n"
    for seed, solver in ((1, "sgd"), (2, "wild"), (3, "sgd")):
        stages += f"  base-{seed}: {{train: {{network: small, on: halves.A, solver: {solver}, seed: {seed}}}}}\n"
        stages += (f"  next-{seed}: {{transfer: {{from: base-{seed}, layers: {{first 1: freeze, rest: initialize}}, "
                   f"on: halves.B, solver: sgd}}}}\n")
    path = cluster.study("chains", STUDY.format(name="chains", epochs=4, train=20) + stages)
    # The data first, since it is one task for all.
    cluster.run("run", path, "--only", "prepare-shapes")
    options = ["--task-time", "1s", "--cpus", "1"]
    text = cluster.run("submit", path, "--dry-run", *options)
    check("0, task by task" in text and "--dependency=aftercorr:JOB0" in text, "one array follows the other task by task")
    text = cluster.run("run", path, "--executor", "slurm", *options, status=1)
    cluster.drain()
    made = productions(path.parent / ".cambium")
    check(sorted(made) == ["base-1", "base-3", "next-1", "next-3", "prepare-shapes"] and max(made.values()) == 1,
          "a failed task keeps none but its own successor from running")
    check("skip   next-2  (needs base-2)" in text, "which is told")


def room(cluster):
    nets = """stages:
  "net-${seed}": {for: {seed: 1..8}, train: {network: small, on: halves.A, solver: sgd, seed: "${seed}"}}
"""
    text = STUDY.format(name="room", epochs=4, train=20) + nets
    path = cluster.study("room", text)
    cluster.run("run", path, "--only", "prepare-shapes")
    options = ["--task-time", "1s", "--cpus", "1"]
    told = cluster.run("submit", path, *options, "--max-tasks", "4", "--sbatch-hold")
    check("submitted 4 stages in 4 tasks, 2 arrays" in told and "held back 4 stages" in told,
          "arrays have at most MaxArraySize tasks, and what there is no room for is held back")
    # An edit of all but two.
    path.write_text(text.replace("seed: 1..8", "seed: [1, 2, 11, 12]"))
    told = cluster.run("submit", path, *options, "--sbatch-hold")
    check("submitted 2 stages" in told and "joined 2 tasks" in told and "2 queued tasks only had stages that have changed" in told,
          "after an edit, what is unchanged is joined")
    told = cluster.run("submit", path, *options, "--cancel-obsolete")
    check("cancelled 2 obsolete tasks" in told and len(cluster.queue()) == 4, "obsolete tasks are cancelled where asked")
    told = cluster.run("status", path)
    check("4 queued" in told and "ended without a result" not in told, "what waits is queued, and what was cancelled is not lost")
    told = cluster.run("submit", path, *options, "--dry-run", "--max-tasks", "4")
    check("4 queued or running tasks compute" in told, "a dry run knows what is queued")
    told = cluster.run("cancel", path, "--set", "epochs=77")
    check("with these settings" in told and len(cluster.queue()) == 4, "tasks of other settings are not cancelled")
    told = cluster.run("cancel", path)
    check("cancelled 4 tasks" in told and "kept: 1 finished stage" in told, "cancelling says what is kept")
    cluster.drain()
    check(len(cluster.calls("scancel")) == 2, "by one call")
    told = cluster.run("run", path, "--executor", "slurm", *options)
    check("4 run, 1 cached" in told, "submitting again computes what is missing")


def png(shade, size=8):
    """A picture of one grey."""
    def chunk(kind, data):
        return len(data).to_bytes(4, "big") + kind + data + zlib.crc32(kind + data).to_bytes(4, "big")
    header = size.to_bytes(4, "big") * 2 + bytes([8, 0, 0, 0, 0])
    rows = (b"\0" + bytes([shade]) * size) * size
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows))
            + chunk(b"IEND", b""))


def pack(path, first, damaged=None):
    """An archive with 24 pictures of two classes. The first one's grey is given; a damaged one is cut short."""
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as archive:
        for number in range(24):
            picture = png(10 * number if number else first)
            member = tarfile.TarInfo(f"{'test' if number % 4 == 3 else 'train'}/{'dark' if number < 12 else 'light'}/{number}.png")
            data = picture[:45] if number == damaged else picture
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def images(cluster):
    folder = cluster.folder / "images"
    folder.mkdir()
    text = f"""
cambium: 1
name: images
datasets: {{photos: {{source: "{folder}/photos.tar"}}}}
networks: {{small: {{input: [3, 8, 8], layers: {{fc1: [dense: 8, relu], fc2: [dense: classes]}}}}}}
solvers: {{sgd: {{batch: 4, epochs: 5, rate: 0.01}}}}
stages:
  net: {{train: {{network: small, on: photos, solver: sgd}}}}
  next: {{transfer: {{from: net, layers: {{first 1: freeze, rest: initialize}}, on: photos, solver: sgd}}}}
  test: {{evaluate: {{network: next, on: photos}}}}
"""
    path = cluster.study("images", text)
    store = path.parent / ".cambium"
    options = ["--cpus", "1", "--task-time", "1s"]

    def done():
        cluster.drain()
        made = productions(store)
        return [made[stage] for stage in ("prepare-photos", "net", "next", "test")]

    pack(folder / "photos.tar", first=5)
    cluster.run("run", path, "--executor", "slurm", *options)
    check(done() == [1, 1, 1, 1], "all stages have run")
    # The same images in another archive.
    archive = folder / "photos.tar.gz"
    pack(archive, first=5)
    path.write_text(text.replace("photos.tar", "photos.tar.gz"))
    told = cluster.run("submit", path, *options, "--sbatch-hold")
    check("submitted 4 stages" in told and "of them run only if the images" in told,
          "where it is open whether stages run, they are submitted")
    told = cluster.run("submit", path, *options)
    check("joined 4 tasks" in told and "submitted 4" not in told, "as long as it is open, others join")
    cluster.slurm("scontrol", "release", *sorted({job.split("_")[0] for job in cluster.queue()}))
    check(done() == [2, 1, 1, 1], "the images are the same, and nothing else runs")
    check("nothing to submit" in cluster.run("submit", path, *options), "nothing is left")
    # Another image.
    pack(archive, first=250)
    cluster.run("submit", path, *options)
    told = cluster.run("run", path, "--executor", "slurm", *options)
    check("joined" in told and told.count("submitted") == 1 and done() == [3, 2, 2, 2],
          "with another image, all stages run once, also for a run that has joined")
    pack(archive, first=100)
    told = cluster.run("submit", path, "--cpus", "1")
    check("4 stages in 1 task" in told and done() == [4, 3, 3, 3], "packing, and what depends on it, can be one task")
    local, _ = cluster.local(path)
    check(records(local).items() <= records(store).items(), "the results have the bits of a local run")
    pack(archive, first=100, damaged=9)
    told = cluster.run("run", path, "--executor", "slurm", *options, status=1)
    check("failed prepare-photos" in told and told.count("skip ") == 3 and done() == [4, 3, 3, 3],
          "without the images, nothing runs")
    outputs = "".join(file.read_text() for file in store.glob("submissions/*/*.out"))
    check("(needs prepare-photos)" in outputs, "which the tasks say")


def failures(cluster):
    path = cluster.study("failures", STUDY.format(name="failures", epochs=20, train=40) + BASES + """
  wild: {train: {network: small, on: halves.A, solver: wild}}
  of-wild: {transfer: {from: wild, layers: {first 1: freeze, rest: initialize}, on: halves.B, solver: sgd}}
""" + TRANSFERS)
    store = path.parent / ".cambium"
    run = cluster.start("run", path, "--executor", "slurm", "--task-time", "2s", "--cpus", "1")
    wait_for(lambda: list(store.glob("claims/*")) and cluster.queue("running"), "something runs")
    cluster.control("kill", "controller")
    time.sleep(1)
    cluster.control("revive", "controller")
    wait_for(lambda: cluster.slurm("scontrol", "ping").stdout.count("UP"), "the controller is back")
    running = cluster.queue("running")
    if running:
        cluster.slurm("scontrol", "requeue", running[0])
    text = run.communicate()[1]
    check(run.returncode == 1 and "failed wild" in text and "diverged" in text,
          "a stage that fails is reported")
    check("skip   of-wild  (needs wild)" in text, "what depends on it is not computed")
    cluster.drain()
    done = [stage for stage, count in productions(store).items() for _ in range(count)]
    check(len(done) == len(set(done)) == 11, "everything else is, once, despite a requeue and a killed controller")
    own = records(store)
    folder = path.parent.with_name("failures-local")
    folder.mkdir()
    shutil.copy(path, folder)
    cluster.run("run", folder / path.name, "--keep-going", "--threads", "1", status=1)
    check(own == records(folder / ".cambium"), f"all {len(own)} results have the bits of a local run")


def limit(cluster):
    seconds = float(os.environ.get("LIMIT_SECONDS", 300))
    text = STUDY.format(name="limit", epochs=1, train=100) + BASES
    probe = cluster.study("probe", text.replace("epochs: 1}", "epochs: 20}", 1))
    _, taken = cluster.local(probe, "--only", "base-A")
    epochs = max(1, int(20 * seconds / max(taken - 1, 0.1)))
    path = cluster.study("limit", text.replace("epochs: 1}", f"epochs: {epochs}}}", 1))
    store = path.parent / ".cambium"
    started = time.time()
    out = cluster.run("run", path, "--executor", "slurm", "--only", "base-A", "--time-limit", "1m", "--cpus", "1",
                      "--requeues", "100")
    took = time.time() - started
    cluster.drain()
    starts = sum(len(file.read_text().splitlines()) for file in store.glob("submissions/*/*.starts"))
    check(starts > 2, f"a stage of about {seconds:.0f} s under a limit of 1 minute ended after {starts} jobs, in {took:.0f} s")
    check(productions(store)["base-A"] == 1, "it was computed once")
    check_same(cluster, path, "--only", "base-A")


def many(cluster):
    count = int(os.environ.get("STAGES", 1000))
    task_time = os.environ.get("TASK_TIME", "60s")
    seeds = count // 2
    epochs = int(os.environ.get("EPOCHS", 30))
    path = cluster.study("many", STUDY.format(name="many", epochs=epochs, train=40) + f"""
stages:
  "net-${{seed}}": {{for: {{seed: 1..{seeds}}}, train: {{network: small, on: halves.A, solver: sgd, seed: "${{seed}}"}}}}
  "test-${{seed}}": {{for: {{seed: 1..{seeds}}}, evaluate: {{network: "net-${{seed}}", on: halves.A}}}}
""")
    # Speeds of the nodes, from one network.
    cluster.run("run", path, "--executor", "slurm", "--only", "test-1", "--cpus", "1")
    before = {command: len(cluster.calls(command)) for command in ("sbatch", "squeue")}
    started = time.time()
    cluster.run("run", path, "--executor", "slurm", "--cpus", "1", "--task-time", task_time)
    took = time.time() - started
    sbatch = len(cluster.calls("sbatch")) - before["sbatch"]
    squeue = len(cluster.calls("squeue")) - before["squeue"]
    cluster.drain()
    check(sbatch <= 20, f"{2 * seeds} stages: {sbatch} calls of sbatch")
    check(squeue <= 2 + took / 60, f"{squeue} calls of squeue in {took:.0f} s")
    made = productions(path.parent / ".cambium")
    check(max(made.values()) == 1, "each stage was computed once")
    nodes = len((cluster.folder / "cluster/nodes").read_text().split())
    local = check_same(cluster, path, processes=nodes)
    print(f"  {took:.0f} s on {nodes} nodes with a processor each, {local:.0f} s in {nodes} processes without Slurm: "
          f"{took / local:.2f} times; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}", flush=True)


def faults(cluster):
    dice = random.Random(int(os.environ.get("SEED", 1)))
    path = cluster.study("faults", STUDY.format(name="faults", epochs=int(os.environ.get("EPOCHS", 150)), train=60) + """
stages:
  "base-${task}${seed}":
    {for: {task: [A, B], seed: 1..4}, train: {network: small, on: "halves.${task}", solver: sgd, seed: "${seed}"}}
  "${source}${n}B${seed}":
    for: {source: [A, B], n: 1..2, seed: 1..4}
    transfer: {from: "base-${source}${seed}", layers: {"first ${n}": fine-tune, rest: initialize}, on: halves.B,
               solver: sgd, seed: "${seed}"}
  "test-${source}${n}B${seed}":
    {for: {source: [A, B], n: 1..2, seed: 1..4}, evaluate: {network: "${source}${n}B${seed}", on: halves.B}}
  "test-base-${task}${seed}":
    {for: {task: [A, B], seed: 1..4}, evaluate: {network: "base-${task}${seed}", on: "halves.${task}"}}
  "again-${task}${seed}":
    {for: {task: [A, B], seed: 1..4}, evaluate: {network: "base-${task}${seed}", on: "halves.${task}", subset: train}}
""")
    store = path.parent / ".cambium"
    left = (["requeue"] * int(os.environ.get("REQUEUES", 50))
            + ["controller"] * int(os.environ.get("CONTROLLER_KILLS", 20))
            + ["node"] * int(os.environ.get("NODE_KILLS", 10)))
    dice.shuffle(left)
    done = collections.Counter()
    started = time.time()
    with open(cluster.folder / "faults.out", "w") as output:
        run = subprocess.Popen([cluster.program, "run", path, "--executor", "slurm", "--task-time", os.environ.get("TASK_TIME", "3s"), "--cpus", "1",
                                "--checkpoint", "5"], env=cluster.environment, stdin=subprocess.DEVNULL,
                               stdout=output, stderr=output)
        # The data is one task, which would be hit all the time.
        wait_for(lambda: records(store), "the data is packed")
        # A controller that crashes has forgotten what it has not saved yet.
        time.sleep(8)
        while left and run.poll() is None:
            fault = left[0]
            if fault == "controller":
                cluster.control("kill", "controller")
                time.sleep(dice.uniform(0, 2))
                cluster.control("revive", "controller")
                wait_for(lambda: cluster.slurm("scontrol", "ping").stdout.count("UP"), "the controller is back")
            elif fault == "node":
                node = f"node{dice.randint(1, 4)}"
                cluster.control("kill", node)
                time.sleep(dice.uniform(0, 3))
                cluster.control("revive", node)
            else:
                running = cluster.queue("running")
                if not running:
                    time.sleep(0.2)
                    continue
                if cluster.slurm("scontrol", "requeue", dice.choice(running)).returncode != 0:
                    continue
            done[left.pop(0)] += 1
            time.sleep(dice.uniform(0, float(os.environ.get("PAUSE", 3))))
        status = run.wait()
    text = (cluster.folder / "faults.out").read_text()
    print(f"  {dict(done)} in {time.time() - started:.0f} s", flush=True)
    if status != 0:
        print(text[-4000:])
    check(status == 0, "the study ended by itself")
    cluster.drain()
    made = productions(store)
    stages = len(records(store))
    print(f"  {stages} stages; computed more than once: {dict((s, n) for s, n in made.items() if n > 1)}", flush=True)
    check(max(made.values()) == 1, "no stage was computed twice")
    check(len(cluster.calls("squeue")) <= 2 + (time.time() - started) / 60 + 5, f"{len(cluster.calls('squeue'))} calls of squeue")
    check_same(cluster, path, threads=2, jobs=2)


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    program = os.path.abspath(sys.argv[1])
    parts = sys.argv[2:] or SHORT
    if parts == ["all"]:
        parts = SHORT + LONG
    failed = []
    started = time.time()
    cluster = None
    for part in parts:
        print(f"{part}:", flush=True)
        cluster = Cluster(program, **SETTINGS.get(part, {}))
        try:
            globals()[part](cluster)
        except Failed as problem:
            failed.append(part)
            print(f"  FAILED: {problem}", flush=True)
            if "KEEP" in os.environ:
                print(f"  kept: {cluster.folder}")
                continue
        finally:
            if not ("KEEP" in os.environ and failed):
                cluster.stop()
    print(f"{len(parts) - len(failed)} of {len(parts)} parts passed in {time.time() - started:.0f} s")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
