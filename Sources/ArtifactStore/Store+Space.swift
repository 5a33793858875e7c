import Basics

extension Store {
  /// The bytes that may still be written to the disk of the store; `nil` if that is not known.
  package var freeSpace: Int? { fileSystem.freeSpace(at: root) }
}
