import CGNU
import Glibc
import SystemPackage

/// An open file of the local file system.
struct LocalFile: FileCalls {
  private let descriptor: Int32

  init(_ path: FilePath, for use: FileUse) throws(Errno) {
    let flags =
      switch use {
      // Opening a pipe would otherwise wait for a writer.
      case .reading: O_RDONLY | O_NONBLOCK
      case .writing: O_RDWR | O_CREAT
      case .replacing: O_RDWR | O_CREAT | O_TRUNC
      case .creating: O_RDWR | O_CREAT | O_EXCL
      case .changing: O_RDWR
      }
    descriptor = path.withPlatformString { Glibc.open($0, flags | O_CLOEXEC, 0o666) }
    if descriptor < 0 { throw Errno(rawValue: errno) }
  }

  func status() throws(Errno) -> FileStatus {
    var entry = Glibc.stat()
    try check(fstat(descriptor, &entry))
    return FileStatus(entry)
  }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    try check(pread(descriptor, buffer.baseAddress, buffer.count, offset))
  }

  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(Errno) -> Int {
    try check(pwrite(descriptor, bytes.baseAddress, bytes.count, offset))
  }

  func resize(to size: Int) throws(Errno) { try check(ftruncate(descriptor, size)) }

  func beginSynchronizing(_ range: Range<Int>) {
    // Not all file systems can, and none has to.
    _ = cgnu_begin_writing(descriptor, range.lowerBound, range.count)
  }

  func synchronize() throws(Errno) { try check(fsync(descriptor)) }

  func map(size: Int) throws(Errno) -> MappedFile {
    guard let address = mmap(nil, size, PROT_READ, MAP_SHARED, descriptor, 0),
      address != MAP_FAILED
    else { throw Errno(rawValue: errno) }
    return MappedFile(UnsafeRawBufferPointer(start: address, count: size)) {
      munmap(UnsafeMutableRawPointer(mutating: $0.baseAddress), $0.count)
    }
  }

  func close() throws(Errno) { try check(Glibc.close(descriptor)) }

  @discardableResult
  private func check<Answer: SignedInteger>(_ answer: Answer) throws(Errno) -> Answer {
    if answer < 0 { throw Errno(rawValue: errno) }
    return answer
  }
}

extension LocalFileSystem {
  package func calls(on path: FilePath, for use: FileUse) throws(Errno) -> any FileCalls {
    try LocalFile(path, for: use)
  }
}
