import ArtifactStore
import Basics
import Glibc
import Planning
import SystemPackage

/// Submits the stages of a plan that nothing computes yet.
///
/// Submissions to a store take turns, so that of two at the same time the later joins the tasks of the earlier.
package final class Submitter: Sendable {
  private let store: Store
  private let controller: SlurmController
  private let options: ClusterOptions
  private let time: any TimeSource
  private let stop: StopCheck
  private let note: @Sendable (String) -> Void
  private let knowledge = Guarded(Knowledge())

  /// What need not be asked twice.
  private struct Knowledge {
    var facts: ClusterFacts?
    /// Whether Slurm has accepted such jobs.
    var isTested = false
  }

  /// - Parameter note: receives what deserves attention.
  package init(
    store: Store, controller: SlurmController, options: ClusterOptions,
    time: any TimeSource = SystemTimeSource(), unless stop: StopCheck = .never,
    note: @escaping @Sendable (String) -> Void
  ) {
    self.store = store
    self.controller = controller
    self.options = options
    self.time = time
    self.stop = stop
    self.note = note
  }

  /// - Throws: `DiagnosticError` for whatever is known to go wrong before anything is queued, and if Slurm refuses the jobs or
  ///   does not answer; `Interrupted`.
  ///
  /// - Parameter listing: what was queued and running just now, if it was asked for.
  package func submit(
    _ request: SubmissionRequest, after listing: QueueListing? = nil
  ) throws -> Enrolment {
    try options.requirePassable()
    let facts = try knowledge.withLock { $0.facts } ?? ClusterFacts(controller)
    knowledge.withLock { $0.facts = facts }
    _ = try facts.limit(for: options)
    try store.openForWriting()
    let id = Submitter.newID(at: time.now)
    let claim = try takeTurn(id, request.plan.pipeline)
    defer { try? store.release(claim) }
    var open = try store.openSubmissions()
    for index in open.indices where open[index].isFrom(request) {
      try store.decide(&open[index], by: request.plan)
    }
    let listing =
      try listing.flatMap { $0.covers(open) ? $0 : nil } ?? QueueListing(of: open, controller)
    var known = KnownSubmissions(open, listing)
    for submission in known.over { try? store.keep(submission) }
    var enrolment = Enrolment()
    try handleObsolete(&known, request, &enrolment)
    let rest = try join(known, request.plan, &enrolment)
    guard !rest.isEmpty else { return enrolment }
    let plan = try ClusterPlan(request.plan, stages: rest, options: options, facts: facts)
    try plan.require(facts, options, disk: DiskSpace(of: store.root))
    try submit(plan, request, id, claim, known.count, &enrolment)
    return enrolment
  }

  /// What submitting would do now: the positions of the stages that nothing computes yet, the number of tasks that it would
  /// join, and of those that are obsolete.
  ///
  /// - Throws: `DiagnosticError` if the store cannot be read, or Slurm does not answer; `Interrupted`.
  package func preview(_ request: SubmissionRequest) throws -> (stages: [Int], Enrolment) {
    var enrolment = Enrolment()
    var open = try store.openSubmissions()
    for index in open.indices where open[index].isFrom(request) {
      try store.decide(&open[index], by: request.plan)
    }
    guard !open.isEmpty else { return (try missing(in: request.plan), enrolment) }
    let known = KnownSubmissions(open, try QueueListing(of: open, controller))
    enrolment.obsolete = obsolete(known, request).count
    return (try join(known, request.plan, &enrolment), enrolment)
  }

  /// Notes the places of stages that are queued or running.
  ///
  /// - Returns: the positions of the other stages without an artifact.
  private func join(
    _ known: KnownSubmissions, _ plan: Plan, _ enrolment: inout Enrolment
  ) throws -> [Int] {
    let deciding = plan.decidingFingerprints
    var rest: [Int] = []
    var joined: Set<KnownSubmissions.Address> = []
    for position in try missing(in: plan) {
      let stage = plan.stages[position]
      if let (place, address) = known.place(
        of: stage.fingerprint, deciding: deciding[stage.name] ?? [], store)
      {
        enrolment.places[stage.fingerprint] = place
        joined.insert(address)
      } else {
        rest.append(position)
      }
    }
    enrolment.joined = joined.count
    return rest
  }

  /// `20260131T235959Z-1a2b3c`
  private static func newID(at time: Double) -> String {
    "\(compactDate(seconds: time))-\(String(UInt32.random(in: .min ... .max), radix: 36))"
  }

  /// Waits until nobody else submits to the store.
  private func takeTurn(_ id: String, _ pipeline: String) throws -> StageClaim {
    let watch = LifeWatch()
    var hasTold = false
    while true {
      let holder = ClaimHolder(
        fingerprint: Fingerprint(of: "submission to Slurm"), stage: "(submission to Slurm)",
        pipeline: pipeline, run: id, since: time.now)
      switch try store.claim(for: holder, watch: watch) {
      case .granted(let claim): return claim
      case .held(let other):
        if !hasTold {
          note("waiting for another submission (\(other.map { "\($0)" } ?? "unknown"))")
        }
        hasTold = true
        try stop.check()
        usleep(300_000)
      }
    }
  }

  /// The stages without an artifact, or for which that is open; of those with the same fingerprint, the first.
  private func missing(in plan: Plan) throws -> [Int] {
    var probe = ArtifactProbe(store)
    var seen: Set<Fingerprint> = []
    var found: [Int] = []
    for (position, stage) in plan.stages.enumerated() where seen.insert(stage.fingerprint).inserted
    {
      if !stage.isAssumed, case .found = try probe.outputs(for: stage.fingerprint) { continue }
      found.append(position)
    }
    return found
  }

  private func obsolete(_ known: KnownSubmissions, _ request: SubmissionRequest) -> [String] {
    guard request.isWhole else { return [] }
    let wanted = Set(request.plan.stages.map(\.fingerprint))
    return known.obsolete(of: request.file.string, request.settings, wanted: wanted)
  }

  private func handleObsolete(
    _ known: inout KnownSubmissions, _ request: SubmissionRequest, _ enrolment: inout Enrolment
  ) throws {
    let obsolete = obsolete(known, request)
    guard options.cancelsObsolete else {
      enrolment.obsolete = obsolete.count
      return
    }
    guard !obsolete.isEmpty else { return }
    try controller.cancel(obsolete)
    for submission in known.cancel(Set(obsolete)) { try store.keep(submission) }
    enrolment.cancelled = obsolete.count
  }

  // MARK: - Submitting

  private func submit(
    _ plan: ClusterPlan, _ request: SubmissionRequest, _ id: String, _ claim: StageClaim,
    _ queued: Int, _ enrolment: inout Enrolment
  ) throws {
    var submission = submission(of: plan, request, id)
    let planned = submission.arrays
    let external = externalNeeds(of: plan, enrolment)
    let openStages = Set(plan.plan.stages.filter(\.status.isOpen).map(\.name))
    try store.keep(submission)
    do {
      try submit(
        plan, request, claim, room: options.mostQueued.map { max(0, $0 - queued) }, external,
        &submission, &enrolment)
    } catch {
      // What was accepted remains; the rest is as if it had never been tried.
      submission.arrays.removeAll { $0.job == nil }
      if submission.arrays.isEmpty {
        try? store.removeSubmission(id)
      } else {
        try? store.keep(submission)
      }
      throw error
    }
    submission.arrays.removeAll { $0.job == nil }
    enrolment.open = Set(submission.arrays.flatMap(\.tasks).flatMap(\.stages)).count {
      openStages.contains(submission.stages[$0].name)
    }
    let stages = planned.reduce(0) { $0 + $1.tasks.reduce(0) { $0 + $1.stages.count } }
    for (position, array) in submission.arrays.enumerated() {
      for task in array.tasks {
        for index in task.stages {
          let stage = submission.stages[index]
          enrolment.places[stage.fingerprint] = Enrolment.Place(
            submission: id, number: TaskNumber(array: position, index: task.index),
            jobName: array.name, job: array.job ?? 0, stage: stage)
        }
      }
    }
    enrolment.held =
      stages
      - submission.arrays.reduce(0) { $0 + $1.tasks.reduce(0) { $0 + $1.stages.count } }
    if submission.arrays.isEmpty {
      try store.removeSubmission(id)
    } else {
      try store.keep(submission)
      enrolment.new = submission
    }
  }

  private func submit(
    _ plan: ClusterPlan, _ request: SubmissionRequest, _ claim: StageClaim, room: Int?,
    _ external: [[String]], _ submission: inout Submission, _ enrolment: inout Enrolment
  ) throws {
    var room = room
    for (position, array) in plan.arrays.enumerated() {
      var count = array.tasks.count
      if let room { count = min(count, room) }
      var refusals = 0
      while count > 0 {
        guard try store.renew(claim) else {
          throw DiagnosticError(
            "another submission took over from this one, which showed no sign of life for too long")
        }
        let tasks = array.tasks.prefix(count)
        let script = script(
          of: array, at: position, tasks.map(\.index), request, submission, external[position])
        let path = try store.write(
          script.text, ofSubmission: submission.id, named: "array-\(position).sh")
        if !knowledge.withLock({ $0.isTested }) {
          try controller.test(path)
          knowledge.withLock { $0.isTested = true }
        }
        // Tasks may start at once, and read it.
        submission.arrays[position].tasks = Array(submission.arrays[position].tasks.prefix(count))
        try store.keep(submission)
        switch try controller.submit(path, named: script.name) {
        case .accepted(let job):
          submission.arrays[position].job = job
          try store.keep(submission)
          room = room.map { $0 - count }
          if count < array.tasks.count {
            enrolment.heldBecause = enrolment.heldBecause ?? "--max-tasks"
            return
          }
          count = 0
        case .full(let words):
          enrolment.heldBecause = words
          // Part of it may fit; a controller is not asked for the exact number.
          refusals += 1
          count = refusals < 3 ? count / 2 : 0
          if count == 0 { return }
        }
      }
      // Without room, what depends on these tasks would have nothing to wait for.
      if submission.arrays[position].job == nil {
        enrolment.heldBecause = "--max-tasks"
        return
      }
    }
  }

  private func submission(
    of plan: ClusterPlan, _ request: SubmissionRequest, _ id: String
  ) -> Submission {
    var positions: [Int: Int] = [:]
    var stages: [Submission.Stage] = []
    let deciding = plan.plan.decidingFingerprints
    for position in plan.arrays.flatMap(\.tasks).flatMap(\.stages) {
      let stage = plan.plan.stages[position]
      positions[position] = stages.count
      var failedRun: String?
      if case .failed(let failure)? = store.setback(of: stage.fingerprint) {
        failedRun = failure.run
      }
      stages.append(
        Submission.Stage(
          name: stage.name, fingerprint: stage.fingerprint, failedRun: failedRun,
          deciding: deciding[stage.name] ?? []))
    }
    let inputs = Set(
      positions.keys.flatMap { plan.plan.stages[$0].inputs.map(\.fingerprint) })
    let name = Submitter.plainName(plan.plan.pipeline) + "-" + (id.split(separator: "-").last ?? "")
    let partners = Set(plan.arrays.compactMap(\.partner))
    return Submission(
      id: id, pipeline: plan.plan.pipeline, file: request.file.string, sources: request.sources,
      settings: request.settings, run: request.run, requeues: options.requeues,
      version: request.version, owner: "\(ProcessIdentity.current)", time: time.now,
      stages: stages, inputs: inputs.subtracting(stages.map(\.fingerprint)),
      arrays: plan.arrays.enumerated().map { position, array in
        Submission.TaskArray(
          name: "\(name).\(position)", job: nil,
          tasks: array.tasks.map { task in
            Submission.Task(
              index: task.index, stages: task.stages.compactMap { positions[$0] },
              seconds: task.seconds)
          }, minutes: array.minutes, hasPartner: partners.contains(position))
      })
  }

  /// What lists of job names can hold without quotes.
  private static func plainName(_ text: String) -> String {
    let plain = text.unicodeScalars.prefix(40).map { scalar -> Character in
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
      default: "_"
      }
    }
    return plain.isEmpty ? "pipeline" : String(plain)
  }

  /// For each array, the tasks of earlier submissions that its stages wait for: `12_3`, or whole arrays if there are many.
  private func externalNeeds(of plan: ClusterPlan, _ enrolment: Enrolment) -> [[String]] {
    plan.arrays.map { array in
      var places: [Enrolment.Place] = []
      for position in array.tasks.flatMap(\.stages) {
        for input in plan.plan.stages[position].inputs {
          if let place = enrolment.places[input.fingerprint] { places.append(place) }
        }
      }
      let tasks = Set(places.map { "\($0.job)_\($0.number.index)" })
      return tasks.count <= 20 ? tasks.sorted() : Set(places.map { "\($0.job)" }).sorted()
    }
  }

  private func script(
    of array: JobArray, at position: Int, _ indices: [Int], _ request: SubmissionRequest,
    _ submission: Submission, _ external: [String]
  ) -> BatchScript {
    let jobs = array.predecessors.filter { $0 != array.partner }.compactMap {
      submission.arrays[$0].job.map { "\($0)" }
    }
    let partner = array.partner.flatMap { submission.arrays[$0].job }
    return ClusterPlan.script(
      of: array, at: position, indices, name: submission.arrays[position].name,
      folder: store.submissionFolder(submission.id), after: jobs + external, partner: partner,
      request, options)
  }
}

extension ClusterPlan {
  /// The script of an array.
  ///
  /// - Parameters:
  ///   - jobs: what it waits for.
  ///   - partner: the array whose tasks of the same indices its tasks wait for.
  static func script(
    of array: JobArray, at position: Int, _ indices: [Int], name: String, folder: FilePath,
    after jobs: [String], partner: Int?, _ request: SubmissionRequest, _ options: ClusterOptions
  ) -> BatchScript {
    let conditions =
      (partner.map { ["aftercorr:\($0)"] } ?? [])
      + (jobs.isEmpty ? [] : ["afterany:" + jobs.joined(separator: ":")])
    return BatchScript(
      name: name, indices: indices, folder: folder, position: position,
      processors: array.processors, memory: array.memory, minutes: array.minutes,
      dependency: conditions.isEmpty ? nil : conditions.joined(separator: ","),
      options: options.sbatch, workingFolder: request.file.removingLastComponent().string,
      program: request.program)
  }

  /// The scripts as they would be submitted, with `JOB0` for the number of the first job, and so on.
  package func scripts(
    for request: SubmissionRequest, _ options: ClusterOptions, in store: Store
  ) -> [String] {
    arrays.enumerated().map { position, array in
      var script = ClusterPlan.script(
        of: array, at: position, array.tasks.map(\.index),
        name: "\(plan.pipeline)-ID.\(position)", folder: store.submissionFolder("ID"),
        after: array.predecessors.filter { $0 != array.partner }.map { "JOB\($0)" }, partner: nil,
        request, options)
      if let partner = array.partner { script.dependency = "aftercorr:JOB\(partner)" }
      return script.text
    }
  }
}
