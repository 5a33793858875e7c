// The C library's name for the environment is a variable, although nobody here assigns it.
@preconcurrency import Glibc
import SystemPackage

/// What another program did: its exit status and what it printed.
package struct CommandResult: Hashable, Sendable {
  /// The exit status; 128 and its number if a signal ended the program, as in a shell.
  package var status: Int32
  package var output: String
  package var errors: String

  package init(status: Int32, output: String = "", errors: String = "") {
    self.status = status
    self.output = output
    self.errors = errors
  }
}

extension CommandResult {
  /// Runs a program, found as a shell finds it, with nothing on its standard input, and waits for its end.
  ///
  /// It has a process group of its own, so that Ctrl-C on the terminal does not end it in the middle of its work.
  ///
  /// - Parameters:
  ///   - words: its name and arguments.
  ///   - environment: variables in addition to those of this process, `NAME=value`.
  /// - Throws: `DiagnosticError` if it cannot be started; its `systemReason` is `ENOENT` if there is no such program.
  package static func running(
    _ words: [String], environment: [String] = []
  ) throws(DiagnosticError) -> CommandResult {
    do {
      var pipes: [(end: Int32, start: Int32)] = []
      defer { for pipe in pipes { close(pipe.end) } }
      for _ in 0..<2 {
        var ends: [Int32] = [0, 0]
        _ = try uninterrupted { pipe(&ends) }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        pipes.append((ends[0], ends[1]))
      }
      let id: pid_t
      do {
        defer { for pipe in pipes { close(pipe.start) } }
        id = try start(words, environment, output: pipes[0].start, errors: pipes[1].start)
      }
      let texts = try read(pipes.map(\.end))
      var status: Int32 = 0
      _ = try uninterrupted { waitpid(id, &status, 0) }
      let signal = status & 0x7f
      return CommandResult(
        status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: texts[0],
        errors: texts[1])
    } catch {
      guard let reason = error as? Errno else { preconditionFailure("unexpected error: \(error)") }
      throw DiagnosticError(operation: "run", FilePath(words[0]), because: reason)
    }
  }

  private static func start(
    _ words: [String], _ environment: [String], output: Int32, errors: Int32
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output, 1)
    posix_spawn_file_actions_adddup2(&actions, errors, 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP) | Int16(POSIX_SPAWN_SETSIGMASK))
    var variables: [String] = environment
    var next = environ
    while let entry = next.pointee {
      variables.append(String(cString: entry))
      next += 1
    }
    let arguments = words.map { strdup($0) } + [nil]
    let entries = variables.map { strdup($0) } + [nil]
    defer { for text in arguments + entries { free(text) } }
    var id = pid_t()
    let problem = posix_spawnp(&id, words[0], &actions, &attributes, arguments, entries)
    guard problem == 0 else { throw Errno(rawValue: problem) }
    return id
  }

  /// Reads several pipes to their ends, whichever has something first: a full one would stop the program.
  private static func read(_ pipes: [Int32]) throws -> [String] {
    var contents = [[UInt8]](repeating: [], count: pipes.count)
    var open = Set(pipes.indices)
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while !open.isEmpty {
      let waiting = open.sorted()
      var requests = waiting.map { pollfd(fd: pipes[$0], events: Int16(POLLIN), revents: 0) }
      _ = try uninterrupted { poll(&requests, nfds_t(requests.count), -1) }
      for (index, request) in zip(waiting, requests) where request.revents != 0 {
        let count = try uninterrupted { Glibc.read(pipes[index], &buffer, buffer.count) }
        if count == 0 { open.remove(index) }
        contents[index] += buffer[..<count]
      }
    }
    return contents.map { String(decoding: $0, as: UTF8.self) }
  }
}
