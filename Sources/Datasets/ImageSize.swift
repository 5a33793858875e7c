import Basics
import Definitions

/// The size of a dataset's images, from a header, without decoding.
package enum ImageSize: Hashable, Sendable {
  case of(DatasetDefinition.Size)
  /// None of the examined headers states it.
  case none
}

extension ImageSize {
  package var size: DatasetDefinition.Size? {
    if case .of(let size) = self { size } else { nil }
  }

  /// `[height, width]`, or an empty list.
  var value: Value {
    .list(size.map { [.integer($0.height), .integer($0.width)] } ?? [])
  }

  /// Reads the output of `value`; `nil` for anything else.
  init?(_ value: Value) {
    guard let sides = value.asList?.compactMap(\.asInteger) else { return nil }
    switch sides.count {
    case 0: self = .none
    case 2 where sides.allSatisfy({ 1...PackedHeader.longestSide ~= $0 }):
      self = .of(.init(height: sides[0], width: sides[1]))
    default: return nil
    }
  }
}
