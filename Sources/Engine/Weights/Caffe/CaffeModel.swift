import Basics
import SystemPackage

/// A model that Caffe has trained (`.caffemodel`), as tensors with PyTorch's names and layouts.
///
/// - A layer's first blob is `LAYER.weight`, its second `LAYER.bias`. Both frameworks lay out convolutions as outputs ×
///   inputs × height × width, and dense layers as outputs × inputs.
/// - Caffe's images have their channels in the order blue, green, red. Here they are red, green, blue: the input
///   channels of the first layer with weights are reversed where there are three.
/// - `BatchNorm` keeps sums and their weight: mean and variance are `LAYER.running_mean` and `LAYER.running_var`. A
///   `Scale` that follows it also gives `LAYER.weight` and `LAYER.bias` under the batch norm's name.
struct CaffeModel {
  private struct Layer {
    var name: String
    var type: Kind
    var blobs: [CaffeBlob]
  }

  private enum Kind {
    case dense, batchNorm, scale, other

    /// The name of a type in `LayerParameter`.
    init(_ name: String) {
      switch name {
      case "InnerProduct": self = .dense
      case "BatchNorm": self = .batchNorm
      case "Scale": self = .scale
      default: self = .other
      }
    }

    /// Its number in the older `V1LayerParameter`; batch norms came later.
    init(_ number: UInt64) { self = number == 14 ? .dense : .other }
  }

  /// A tensor, and how its numbers follow from those in the file.
  struct Entry {
    fileprivate enum Source {
      case blob(CaffeBlob)
      /// Input channels in the opposite order.
      case reversed(CaffeBlob)
      /// Sums that are divided by a weight.
      case averaged(CaffeBlob, by: CaffeBlob)
    }

    var shape: [Int]
    fileprivate var source: Source
  }

  /// By name.
  private(set) var entries: [String: Entry] = [:]

  /// Reads `NetParameter` of `caffe.proto`: its `layer` (100) or, in older files, `layers` (2).
  ///
  /// - Returns: `nil` for anything that is not a model with weights.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var layers: [Layer] = []
    do throws(ProtobufReader.Malformed) {
      var reader = ProtobufReader(bytes, 0..<bytes.count)
      while let (field, content) = try reader.next() {
        switch (field, content) {
        case (100, .bytes(let message)):
          layers.append(
            try CaffeModel.layer(bytes, message, name: 1, type: 2, blobs: 7))
        case (2, .bytes(let message)):
          layers.append(
            try CaffeModel.layer(bytes, message, name: 4, type: 5, blobs: 6))
        default: break
        }
      }
    } catch {
      return nil
    }
    let weighted = layers.filter { !$0.blobs.isEmpty }
    guard !weighted.isEmpty else { return nil }
    var previous: Layer?
    for (index, layer) in weighted.enumerated() {
      add(layer, isFirst: index == 0)
      if layer.type == .scale, let previous, previous.type == .batchNorm {
        add(Layer(name: previous.name, type: .scale, blobs: layer.blobs), isFirst: false)
      }
      previous = layer
    }
  }

  private static func layer(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, name: Int, type: Int, blobs: Int
  ) throws(ProtobufReader.Malformed) -> Layer {
    var layer = Layer(name: "", type: .other, blobs: [])
    var reader = ProtobufReader(bytes, range)
    while let (field, content) = try reader.next() {
      switch (field, content) {
      case (name, .bytes(let text)):
        layer.name = String(decoding: bytes[text], as: UTF8.self)
      case (type, .bytes(let text)):
        layer.type = Kind(String(decoding: bytes[text], as: UTF8.self))
      case (type, .number(let number)):
        layer.type = Kind(number)
      case (blobs, .bytes(let blob)):
        layer.blobs.append(try CaffeBlob(bytes, blob))
      default: break
      }
    }
    return layer
  }

  private mutating func add(_ layer: Layer, isFirst: Bool) {
    if layer.type == .batchNorm {
      guard layer.blobs.count >= 3 else { return }
      for (index, name) in ["running_mean", "running_var"].enumerated() {
        let blob = layer.blobs[index]
        entries["\(layer.name).\(name)"] = Entry(
          shape: blob.shape, source: .averaged(blob, by: layer.blobs[2]))
      }
      return
    }
    for (index, name) in ["weight", "bias"].enumerated() where index < layer.blobs.count {
      let blob = layer.blobs[index]
      var shape = blob.shape
      // Older files give every array four axes.
      if index == 1 || layer.type != .other {
        let axes = index == 1 || layer.type == .scale ? 1 : 2
        while shape.count > axes, shape.first == 1 { shape.removeFirst() }
      }
      let isColor = isFirst && index == 0 && shape.count == 4 && shape[1] == 3
      entries["\(layer.name).\(name)"] = Entry(
        shape: shape, source: isColor ? .reversed(blob) : .blob(blob))
    }
  }

  /// The numbers of a tensor.
  static func values(_ entry: Entry, in bytes: UnsafeRawBufferPointer) -> [Float] {
    switch entry.source {
    case .blob(let blob):
      return blob.values(in: bytes)
    case .reversed(let blob):
      let values = blob.values(in: bytes)
      let plane = entry.shape[2] * entry.shape[3]
      return values.indices.map { index in
        let channel = index / plane % 3
        return values[index + (2 - 2 * channel) * plane]
      }
    case .averaged(let blob, let weight):
      let factor = weight.values(in: bytes).first ?? 0
      // As Caffe does for a layer that has seen nothing.
      return blob.values(in: bytes).map { factor == 0 ? 0 : $0 / factor }
    }
  }
}
