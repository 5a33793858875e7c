import Basics
import SystemPackage
import TestSupport
import Testing

/// The limits of a process, from files as written by the kernel.
@Suite struct ProcessLimitsTests {
  private func limits(
    _ files: [String: String], _ environment: [String: String] = [:], processors: Int = 16,
    memory: Int = 64 << 30
  ) throws -> ProcessLimits {
    try withTemporaryFolder { root in
      for (path, text) in files {
        let file = root.pushing(FilePath(path))
        try LocalFileSystem().makeFolder(file.removingLastComponent())
        try LocalFileSystem().write(Array(text.utf8), to: file)
      }
      return ProcessLimits(
        of: ProcessSurroundings(root: root, environment: environment),
        processors: processors, memory: memory)
    }
  }

  @Test func withoutLimitsAllOfTheMachineCounts() throws {
    #expect(try limits([:]) == limits(["proc/self/cgroup": "0::/\n"]))
    let limits = try limits([
      "proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "max 100000\n",
      "sys/fs/cgroup/memory.max": "max\n",
    ])
    #expect(limits.processors == 16 && limits.memory == 64 << 30)
  }

  @Test func theSmallestLimitUpToTheRootCounts() throws {
    let files = [
      "proc/self/cgroup": "0::/slurm/job_7/step_0\n",
      "sys/fs/cgroup/cpu.max": "max 100000\n",
      "sys/fs/cgroup/slurm/cpu.max": "600000 100000\n",
      "sys/fs/cgroup/slurm/job_7/cpu.max": "250000 100000\n",
      "sys/fs/cgroup/slurm/job_7/step_0/cpu.max": "400000 100000\n",
      "sys/fs/cgroup/slurm/memory.max": "\(32 << 30)\n",
      "sys/fs/cgroup/slurm/job_7/memory.max": "\(4 << 30)\n",
      "sys/fs/cgroup/slurm/job_7/step_0/memory.max": "max\n",
    ]
    let limits = try limits(files)
    // Two and a half processors count as three threads.
    #expect(limits.processors == 3 && limits.memory == 4 << 30)
    #expect(try self.limits(files, processors: 1).processors == 1)
  }

  @Test func theFirstVersionOfControlGroupsCounts() throws {
    let files = [
      "proc/self/cgroup": "4:memory:/job\n3:cpu,cpuacct:/job\n1:name=systemd:/x\n",
      "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us": "200000\n",
      "sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
      "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "sys/fs/cgroup/memory/job/memory.limit_in_bytes": "1073741824\n",
      "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
    ]
    let limits = try limits(files)
    #expect(limits.processors == 2 && limits.memory == 1 << 30)
  }

  /// A container may see its own group as the root, while its path is one that it cannot see.
  @Test func aContainersOwnGroupCounts() throws {
    for path in ["/", "/../..", "/docker/abc"] {
      let limits = try limits([
        "proc/self/cgroup": "0::\(path)\n", "sys/fs/cgroup/cpu.max": "50000 100000\n",
        "sys/fs/cgroup/memory.max": "734003200\n",
      ])
      #expect(limits.processors == 1 && limits.memory == 734_003_200)
    }
  }

  @Test func aBatchJobsAllocationCounts() throws {
    let limits = try limits([:], ["SLURM_CPUS_PER_TASK": "4", "SLURM_MEM_PER_NODE": "2048"])
    #expect(limits.processors == 4 && limits.memory == 2048 << 20)
    for odd in ["", "0", "-3", "many", "99999999999999999999"] {
      let limits = try self.limits([:], ["SLURM_CPUS_PER_TASK": odd, "SLURM_MEM_PER_NODE": odd])
      #expect(limits.processors == 16 && limits.memory == 64 << 30)
    }
    let huge = try self.limits([:], ["SLURM_MEM_PER_NODE": "\(Int.max)"])
    #expect(huge.memory == 64 << 30)
  }

  @Test func theAffinityMaskCounts() throws {
    for (mask, count) in [
      ("1", 1), ("ffff", 16), ("00000000,00000003", 2), ("f0000000,00000001", 5), ("0", 16),
      ("x", 16), ("", 16), ("ffffffff,ffffffff", 16),
    ] {
      let limits = try limits([
        "proc/self/status": "Name:\tcambium\nCpus_allowed:\t\(mask)\nCpus_allowed_list:\t0\n"
      ])
      #expect(limits.processors == count, "\(mask)")
    }
  }

  @Test func oddFilesAreNoLimits() throws {
    let limits = try limits([
      "proc/self/cgroup": "nonsense\n0::/a\n\n:::\n", "sys/fs/cgroup/cpu.max": "0 0\n",
      "sys/fs/cgroup/a/cpu.max": "-5 100000 3\n", "sys/fs/cgroup/a/memory.max": "x\n",
    ])
    #expect(limits.processors == 16 && limits.memory == 64 << 30)
  }

  @Test func thisProcessHasSomething() {
    let limits = ProcessLimits.current
    #expect(limits.processors >= 1 && limits.memory > 1 << 20)
  }
}
