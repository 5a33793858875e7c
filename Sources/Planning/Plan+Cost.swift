import Basics

extension Plan {
  /// Estimates the cost of every stage, and of those that would run.
  ///
  /// - Parameters:
  ///   - speeds: speeds measured on this machine; `nil` if times are not needed.
  ///   - withCached: whether the cost of cached stages is needed.
  /// - Throws: `DiagnosticError` if measured speeds cannot be read.
  package mutating func price(by speeds: (any SpeedBook)?, withCached: Bool = true) throws {
    var pricing = Pricing(speeds: speeds)
    var total = PlanCost()
    /// When each stage that runs would end if it only had to wait for its inputs.
    var ends: [String: Double] = [:]
    var counted: Set<Fingerprint> = []
    for index in stages.indices where withCached || !stages[index].status.isCached {
      stages[index].cost = try stages[index].work.cost(
        &pricing, after: stages[index].continuation?.iteration ?? 0)
      let stage = stages[index]
      guard stage.status.isToRun else { continue }
      // Of equal stages, one does the work.
      if let cost = stage.cost, counted.insert(stage.fingerprint).inserted { total.add(cost) }
      let start = stage.inputs.compactMap { ends[$0.stage] }.max() ?? 0
      let end = start + (stage.cost?.seconds ?? 0)
      ends[stage.name] = end
      total.criticalPath = max(total.criticalPath, end)
    }
    cost = total
  }
}

extension PlanCost {
  fileprivate mutating func add(_ cost: StageCost) {
    flops += cost.flops ?? 0
    let (sum, isTooLarge) = disk.addingReportingOverflow(cost.disk ?? 0)
    disk = isTooLarge ? .max : sum
    memory = max(memory, cost.memory ?? 0)
    if cost.isDiskUnknown { unknownSizes += 1 }
    if cost.seconds == nil, cost.takesTime { untimedStages += 1 }
    if cost.parameters != nil { networkStages += 1 }
    guard let seconds = cost.seconds else { return }
    self.seconds += seconds
    timedStages += 1
  }
}

// MARK: - Text

extension PlanCost {
  /// `to run: 1.2 TFLOP, 3.4 MB on disk, 120 MB of memory; 26 s at the speed measured here (longest chain 9 s)`;
  /// `nil` if no stage with a known cost runs.
  var text: String? {
    guard memory > 0 else { return nil }
    var text =
      "to run: " + (networkStages > 0 ? "\(quantity(flops, unit: "FLOP")), " : "")
      + "\(quantity(Double(disk), unit: "B")) on disk"
      + (unknownSizes > 0 ? " and the packed images, whose size is not known yet, " : ", ")
      + "\(quantity(Double(memory), unit: "B")) of memory; "
    if timedStages == 0 {
      text += "time unknown" + (networkStages > 0 ? " (--calibrate measures it)" : "")
    } else {
      let unknown =
        untimedStages > 0 ? " plus \(counted(untimedStages, "stage")) of unknown time" : ""
      text +=
        "\(duration(seconds: seconds)) at the speed measured here\(unknown), longest chain "
        + (untimedStages > 0 ? "at least " : "") + duration(seconds: criticalPath)
    }
    return text
  }
}

/// A quantity with a metric prefix: `1.25 TFLOP`, `340 MB`.
package func quantity(_ amount: Double, unit: String) -> String {
  let prefixes = ["", "k", "M", "G", "T", "P", "E"]
  var amount = amount
  var index = 0
  while amount >= 999.5, index + 1 < prefixes.count {
    amount /= 1000
    index += 1
  }
  let decimals = index == 0 || amount >= 99.95 ? 0 : amount >= 9.995 ? 1 : 2
  return "\(fixed(amount, decimals: decimals)) \(prefixes[index])\(unit)"
}

// MARK: - JSON

extension StageCost: ValueConvertible {
  /// The known values of `parameters`, `flops-per-image` (forward), `images`, `flops`, `memory` and `disk` (in bytes)
  /// and `seconds`.
  package var value: Value {
    var entries: [String: Value] = [:]
    entries["parameters"] = parameters.map(Value.integer)
    entries["flops-per-image"] = flopsPerImage.map(Value.integer)
    entries["images"] = images.map(Value.integer)
    entries["flops"] = flops.map(Value.number)
    entries["memory"] = memory.map(Value.integer)
    entries["disk"] = disk.map(Value.integer)
    entries["seconds"] = seconds.map(Value.number)
    return .map(entries)
  }
}

extension PlanCost: ValueConvertible {
  package var value: Value {
    [
      "flops": .number(flops), "disk": .integer(disk), "memory": .integer(memory),
      "seconds": .number(seconds), "critical-path-seconds": .number(criticalPath),
      "network-stages": .integer(networkStages), "timed-stages": .integer(timedStages),
      "untimed-stages": .integer(untimedStages),
    ]
  }
}
