import Basics

/// An operation that sends its input down paths side by side, and joins what comes out of them.
///
/// A path is a list of operations; an empty one gives the input as it is.
package protocol JoiningSettings: OperationSettings {
  var paths: [[Operation]] { get set }
  /// The shape that is made of the paths' outputs, or why they cannot be joined, in words.
  func joinedShape(of outputs: [Shape]) -> Result<Shape, JoinComplaint>
}

/// The reason why the outputs of paths cannot be joined.
package struct JoinComplaint: Error {
  package var message: String
  /// The paths that do not fit each other.
  package var paths: (Int, Int)
}

extension JoiningSettings {
  package var joining: (any JoiningSettings)? { self }

  package var setting: Value? {
    .list(paths.map { .list($0.map(\.value)) })
  }

  /// Those of the joining itself: the operations on the paths have their own.
  package var traits: Traits { Traits(isRandom: false, scope: .image) }
  package var isWeighted: Bool { paths.contains { $0.contains(where: \.isWeighted) } }
  package var revision: Int {
    paths.joined().reduce(NumericsRevision.engine) { max($0, $1.settings.revision) }
  }
  package func revision(for input: Shape) -> Int {
    paths.reduce(NumericsRevision.engine) { result, path in
      var shape: Shape? = input
      return path.reduce(result) { max($0, $1.settings.revision(following: &shape)) }
    }
  }
  package var hasUnitsForClasses: Bool {
    paths.contains { $0.contains(where: \.hasUnitsForClasses) }
  }

  package func outputShape(for input: Shape) -> Result<Shape, ShapeComplaint> {
    var outputs: [Shape] = []
    for path in paths {
      var shape = input
      for operation in path {
        switch operation.settings.outputShape(for: shape) {
        case .success(let output): shape = output
        case .failure(let complaint): return .failure(complaint)
        }
      }
      outputs.append(shape)
    }
    return joinedShape(of: outputs).mapError { ShapeComplaint(message: $0.message) }
  }

  package func resolved(classes: Int) -> Self {
    var result = self
    result.paths = paths.map { $0.map { $0.resolved(classes: classes) } }
    return result
  }

  /// Two paths whose outputs do not fit each other, as far as `fits` says.
  fileprivate func complaint(
    _ outputs: [Shape], _ rule: String, fits: (Shape, Shape) -> Bool
  ) -> JoinComplaint? {
    for index in outputs.indices.dropFirst() where !fits(outputs[0], outputs[index]) {
      return JoinComplaint(
        message: "\(rule), but path 1 gives \(outputs[0]) and path \(index + 1) gives "
          + "\(outputs[index])", paths: (0, index))
    }
    return nil
  }
}

/// The paths' outputs added up.
package struct Sum: JoiningSettings {
  package var paths: [[Operation]]

  package init(_ paths: [[Operation]]) { self.paths = paths }

  package static var keyword: String { "sum" }

  package func joinedShape(of outputs: [Shape]) -> Result<Shape, JoinComplaint> {
    if let complaint = complaint(outputs, "a sum adds up what has one shape", fits: ==) {
      return .failure(complaint)
    }
    return .success(outputs[0])
  }
}

/// The channels of the paths' outputs one after the other.
package struct Concat: JoiningSettings {
  package var paths: [[Operation]]

  package init(_ paths: [[Operation]]) { self.paths = paths }

  package static var keyword: String { "concat" }

  package func joinedShape(of outputs: [Shape]) -> Result<Shape, JoinComplaint> {
    let complaint = complaint(outputs, "concat joins the channels of maps of one size") {
      $0.isSpatial == $1.isSpatial && $0.height == $1.height && $0.width == $1.width
    }
    if let complaint { return .failure(complaint) }
    let channels = outputs.reduce(0) { $0 + $1.channels }
    return .success(
      outputs[0].isSpatial
        ? Shape(channels: channels, height: outputs[0].height, width: outputs[0].width)
        : Shape(units: channels))
  }
}

/// The paths' outputs multiplied value by value; one that has a single value for each channel multiplies all places of
/// the channel (squeeze and excitation: Hu et al. 2018).
package struct Product: JoiningSettings {
  package var paths: [[Operation]]

  package init(_ paths: [[Operation]]) { self.paths = paths }

  package static var keyword: String { "product" }

  package func joinedShape(of outputs: [Shape]) -> Result<Shape, JoinComplaint> {
    let largest = outputs.max { $0.count < $1.count } ?? outputs[0]
    let complaint = complaint(
      outputs, "a product multiplies what has one shape, or one value for each channel"
    ) { one, other in
      [one, other].allSatisfy {
        $0 == largest || $0.count == $0.channels && $0.channels == largest.channels
      }
    }
    if let complaint { return .failure(complaint) }
    return .success(largest)
  }
}

extension Operation {
  package static func sum(_ paths: [Operation]...) -> Operation { Operation(Sum(paths)) }
  package static func concat(_ paths: [Operation]...) -> Operation { Operation(Concat(paths)) }
  package static func product(_ paths: [Operation]...) -> Operation { Operation(Product(paths)) }
}
