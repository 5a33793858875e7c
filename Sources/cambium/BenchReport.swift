import Basics
import Definitions
import Engine
import Kernels

/// The results of `cambium bench`, as text and as JSON.
struct BenchReport {
  /// The times of an operation, and its floating-point operations.
  struct Row {
    var time: EngineBenchmark.LayerTime
    /// Floating-point operations of the forward and backward passes of a training step, and of inference, as counted
    /// by the definition of the operation, whatever the algorithm; 0 for operations without weights.
    var trainingFlops: Double
    var inferenceFlops: Double
  }

  var network: String
  var measured: EngineBenchmark
  /// The version of OpenBLAS, and the floating-point operations per second of its matrix product.
  var blas: String
  var peak: Double
  var rows: [Row]
  var parameters: Int
  /// For one batch.
  var trainingFlops: Double
  var inferenceFlops: Double

  init(
    network: String, definition: NetworkDefinition, measured: EngineBenchmark, blas: String,
    peak: Double
  ) throws {
    let graph = try NetworkGraph(definition)
    let images = Double(measured.batch)
    var isFirst = true
    var flops: [(training: Double, inference: Double)] = []
    for step in graph.steps {
      let forward = images * Double(graph.flops(of: step))
      // The first layer's input needs no gradient.
      flops.append((forward * (isFirst ? 2 : 3), forward))
      if forward > 0 { isFirst = false }
    }
    self.network = network
    self.measured = measured
    self.blas = blas
    self.peak = peak
    rows = zip(measured.layers, flops).map {
      Row(time: $0, trainingFlops: $1.training, inferenceFlops: $1.inference)
    }
    parameters = try definition.costs().reduce(0) { $0 + $1.parameters }
    trainingFlops = flops.reduce(0) { $0 + $1.training }
    inferenceFlops = flops.reduce(0) { $0 + $1.inference }
  }

  /// The share of the total training time spent in operations without weights.
  var unweightedShare: Double? {
    let total = rows.reduce(0) { $0 + $1.time.training }
    guard total > 0 else { return nil }
    return rows.filter { $0.trainingFlops == 0 }.reduce(0) { $0 + $1.time.training } / total
  }

  /// Floating-point operations per second, as a share of the peak.
  private func share(_ flops: Double, _ milliseconds: Double) -> Double {
    flops / (milliseconds / 1000) / peak
  }
}

extension EngineBenchmark.LayerTime {
  fileprivate var training: Double { forward + backward }

  /// The layer and what the operation does; of several in a layer, which.
  fileprivate var label: String {
    let place = name.flatMap { $0.hasPrefix(layer + ".") ? $0 : nil } ?? layer
    return "\(place) \(operation)"
  }
}

// MARK: - Text

extension BenchReport {
  /// What training multiplies, if not numbers in single precision.
  private var products: String {
    switch measured.precision {
    case .single: ""
    case .bfloat16: "; training in bf16 by \(BFloat16Level.current.rawValue)"
    }
  }

  var text: String {
    var text = """
      \(network): batch \(measured.batch), \(measured.threads) \
      \(measured.threads == 1 ? "thread" : "threads"), \(grouped(parameters)) parameters; kernels \
      \(KernelLevel.current.rawValue), sgemm \(fixed(peak / 1e9, decimals: 0)) GFLOP/s\(products)

      """
    text += BenchReport.line("", ["ms", "fastest", "images/s", "GFLOP/s", "of sgemm"])
    for (name, times, flops) in [
      ("training step", measured.training, trainingFlops),
      ("inference", measured.inference, inferenceFlops),
    ] {
      text += BenchReport.line(
        name,
        [
          fixed(times.median, decimals: 1), fixed(times.fastest, decimals: 1),
          fixed(Double(measured.batch) / times.median * 1000, decimals: 0),
        ] + speed(flops, times.median))
    }
    text += "peak memory of training: \(fixed(Double(measured.peakMemory) / 1e6, decimals: 0)) MB\n"
    guard !rows.isEmpty else { return text }
    text += "\neach operation alone, fastest run:\n"
    let width = rows.map(\.time.label.count).max() ?? 0
    text += BenchReport.line(
      "", ["forward", "backward", "GFLOP/s", "of sgemm", "inference", "GFLOP/s", "of sgemm"], width)
    for row in rows {
      text += BenchReport.line(
        row.time.label,
        [fixed(row.time.forward, decimals: 2), fixed(row.time.backward, decimals: 2)]
          + speed(row.trainingFlops, row.time.training) + [fixed(row.time.inference, decimals: 2)]
          + speed(row.inferenceFlops, row.time.inference), width)
    }
    if let unweightedShare {
      text +=
        "outside convolution and dense layers: "
        + "\(fixed(unweightedShare * 100, decimals: 1)) % of these times\n"
    }
    return text
  }

  /// In GFLOP/s and as a share of the peak; empty cells for operations without weights.
  private func speed(_ flops: Double, _ milliseconds: Double) -> [String] {
    guard flops > 0 else { return ["", ""] }
    return [
      fixed(flops / milliseconds / 1e6, decimals: 0),
      "\(fixed(share(flops, milliseconds) * 100, decimals: 0)) %",
    ]
  }

  private static func line(_ name: String, _ cells: [String], _ width: Int = 0) -> String {
    var line = name + String(repeating: " ", count: max(0, max(20, width) - name.count))
    for cell in cells { line += String(repeating: " ", count: max(1, 10 - cell.count)) + cell }
    while line.last == " " { line.removeLast() }
    return line + "\n"
  }
}

// MARK: - JSON

extension BenchReport: ValueConvertible {
  /// `{"format": 1, "network", "batch", "threads", "precision", "kernels", "parameters", "sgemm-gflops",
  /// "peak-memory-bytes", "training": {"median-ms", "fastest-ms", "images-per-second", "gflops",
  /// "share-of-sgemm"}, "inference": {…}, "layers": [{"layer", "name", "operation", "forward-ms",
  /// "backward-ms", "inference-ms", "training-share-of-sgemm", "inference-share-of-sgemm"}]}`
  var value: Value {
    [
      "format": 1, "network": .string(network), "batch": .integer(measured.batch),
      "threads": .integer(measured.threads), "precision": .string(measured.precision.rawValue),
      "kernels": .string(KernelLevel.current.rawValue),
      "blas": .string(blas), "parameters": .integer(parameters),
      "sgemm-gflops": .number(peak / 1e9), "peak-memory-bytes": .integer(measured.peakMemory),
      "training": timesValue(measured.training, trainingFlops),
      "inference": timesValue(measured.inference, inferenceFlops),
      "layers": .list(rows.map(rowValue)),
    ]
  }

  private func timesValue(_ times: EngineBenchmark.Times, _ flops: Double) -> Value {
    [
      "median-ms": .number(times.median), "fastest-ms": .number(times.fastest),
      "images-per-second": .number(Double(measured.batch) / times.median * 1000),
      "gflops": .number(flops / times.median / 1e6),
      "share-of-sgemm": .number(share(flops, times.median)),
    ]
  }

  private func rowValue(_ row: Row) -> Value {
    var entries: [String: Value] = [
      "layer": .string(row.time.layer), "operation": .string(row.time.operation),
      "forward-ms": .number(row.time.forward), "backward-ms": .number(row.time.backward),
      "inference-ms": .number(row.time.inference),
    ]
    if let name = row.time.name { entries["name"] = .string(name) }
    if row.inferenceFlops > 0 {
      entries["training-share-of-sgemm"] = .number(share(row.trainingFlops, row.time.training))
      entries["inference-share-of-sgemm"] = .number(share(row.inferenceFlops, row.time.inference))
    }
    return .map(entries)
  }
}
