import Basics
import SystemPackage

/// One change to the disk, or what makes changes last.
enum DiskOperation {
  case open(file: Int32, path: String, isCreated: Bool, isEmptied: Bool)
  case close(file: Int32)
  case write(file: Int32, offset: Int, [UInt8])
  case truncate(file: Int32, size: Int)
  case synchronize(file: Int32)
  case rename(String, to: String)
  case link(String, to: String)
  case unlink(String)
  case makeFolder(String)
  case removeFolder(String)
}

/// Reads what `faults.c` wrote down.
func readDiskJournal(_ path: FilePath) throws -> [DiskOperation] {
  let bytes = try LocalFileSystem().read(path)
  var operations: [DiskOperation] = []
  var position = 0
  func number<Number: FixedWidthInteger>(at offset: Int, as type: Number.Type) -> Number {
    bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position + offset, as: type) }
  }
  while position < bytes.count {
    let kind = number(at: 0, as: UInt32.self)
    let file = number(at: 4, as: Int32.self)
    let value = Int(number(at: 8, as: Int64.self))
    let lengths = (Int(number(at: 16, as: UInt32.self)), Int(number(at: 20, as: UInt32.self)))
    position += 24
    let first = Array(bytes[position..<position + lengths.0])
    position += lengths.0
    let second = Array(bytes[position..<position + lengths.1])
    position += lengths.1
    let (a, b) = (String(decoding: first, as: UTF8.self), String(decoding: second, as: UTF8.self))
    switch kind {
    case 1:
      operations.append(
        .open(file: file, path: a, isCreated: value & 1 != 0, isEmptied: value & 2 != 0))
    case 2: operations.append(.close(file: file))
    case 3: operations.append(.write(file: file, offset: value, first))
    case 4: operations.append(.truncate(file: file, size: value))
    case 5: operations.append(.synchronize(file: file))
    case 6: operations.append(.rename(a, to: b))
    case 7: operations.append(.link(a, to: b))
    case 8: operations.append(.unlink(a))
    case 9: operations.append(.makeFolder(a))
    case 10: operations.append(.removeFolder(a))
    default: throw DiagnosticError("the journal has something that cannot be replayed: \(a)")
    }
  }
  return operations
}
