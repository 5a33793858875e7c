import Basics
import SystemPackage

// claims/<fingerprint>            the run that computes the stage
// claims/<fingerprint>~<token>    the run that is taking over from the claim with this token
//
// Claims rely on three properties, also on network file systems: of several processes that link a file to one name, or
// create it exclusively, one succeeds; renaming is atomic; opening a file shows its content and modification time as of
// the last close. File locks are not used, and clocks are not compared.

/// A stage that only this process may compute until it is released.
package struct StageClaim: Hashable, Sendable {
  package let fingerprint: Fingerprint
  /// Distinguishes this claim from every other one, including those on the same stage.
  let token: String
  /// Its file under the name that it had before; `nil` for a file made for this claim.
  var file: FilePath?
}

extension Store {
  /// The result of claiming a stage.
  package enum ClaimAnswer: Sendable {
    case granted(StageClaim)
    /// Another run computes it; `nil` if the claim does not state which.
    case held(ClaimHolder?)
  }

  /// Claims a stage, unless another run computes it.
  ///
  /// A claim whose process is known to be dead is taken over immediately; a claim of another machine or container,
  /// once a watch has seen no heartbeat for its patience. If several try to, one succeeds: each takes over from a
  /// specific claim, identified by its token, and that is possible only once.
  ///
  /// - Parameters:
  ///   - watch: the observations of other claims; without one, claims of other machines are respected.
  ///   - files: the process's files for claims; without them, the claim waits for the disk.
  /// - Throws: `DiagnosticError` if the store cannot be read or written.
  package func claim(
    for holder: ClaimHolder, watch: LifeWatch? = nil, from files: ClaimFiles? = nil
  ) throws(DiagnosticError) -> ClaimAnswer {
    var holder = holder
    holder.process = process
    let content = holder.content(number: .random(in: .min ... .max))
    let bytes = Array(content.text.utf8)
    let fingerprint = holder.fingerprint
    var claim = StageClaim(fingerprint: fingerprint, token: Store.token(of: bytes))
    try makeFolder(claimsFolder)
    while true {
      let chain = try claims(of: fingerprint)
      guard let last = chain.last else {
        let path = claimPath(fingerprint)
        if let files {
          let (isCreated, file) = try createClaim(content, at: path, from: files)
          claim.file = file
          if isCreated { return .granted(claim) }
        } else if try fileSystem.create(bytes, at: path) {
          return .granted(claim)
        }
        continue
      }
      guard try isLeft(last, watch) else { return .held(last.holder) }
      let path = claimPath(fingerprint, after: last.token)
      guard try fileSystem.create(bytes, at: path) else { continue }
      // An abandoned stage may have been taken over and finished in the meantime.
      guard try claims(of: fingerprint).last?.token == claim.token else {
        try fileSystem.remove(path)
        continue
      }
      do throws(DiagnosticError) { try fileSystem.move(path, to: claimPath(fingerprint)) } catch {
        // A process that was suspended at this very moment may itself have been taken over.
        if try fileSystem.exists(path) { throw error }
        continue
      }
      for link in chain.dropFirst() { try fileSystem.remove(link.path) }
      return .granted(claim)
    }
  }

  /// Lets others compute the stage, if the claim is still valid.
  ///
  /// - Parameter files: those that the claim is from.
  package func release(
    _ claim: StageClaim, to files: ClaimFiles? = nil
  ) throws(DiagnosticError) {
    // A file that another machine has put aside is not used again: how many names it has may not be known here yet.
    guard try stands(claim) else { return }
    try fileSystem.remove(claimPath(claim.fingerprint))
    if let file = claim.file { files?.free(file) }
  }

  /// Sends a heartbeat.
  ///
  /// - Returns: whether the claim is still valid; it may have been taken over while the process was suspended.
  package func renew(_ claim: StageClaim) throws(DiagnosticError) -> Bool {
    guard try stands(claim) else { return false }
    try fileSystem.touch(claimPath(claim.fingerprint))
    return true
  }

  /// Whether no run computes a stage, as far as is known.
  package func isFree(
    _ fingerprint: Fingerprint, watch: LifeWatch? = nil
  ) throws(DiagnosticError) -> Bool {
    guard let last = try claims(of: fingerprint).last else { return true }
    return try isLeft(last, watch)
  }

  /// The run that computes a stage; `nil` if there is none, or the claim does not state it.
  package func holder(of fingerprint: Fingerprint) throws(DiagnosticError) -> ClaimHolder? {
    try claims(of: fingerprint).last?.holder
  }

  /// All claims whose process is not known to be dead, by stage and pipeline, with the time of the last heartbeat in
  /// seconds since 1970, by the clock of the file system. Writes nothing.
  package func holders() throws(DiagnosticError) -> [(holder: ClaimHolder, lastSign: Double)] {
    var found: [(holder: ClaimHolder, lastSign: Double)] = []
    for name in try fileSystem.names(in: claimsFolder) {
      guard let fingerprint = Fingerprint(hexadecimal: name),
        let last = try claims(of: fingerprint).last, let holder = last.holder,
        !holder.process.isGone, let status = try fileSystem.status(of: last.path)
      else { continue }
      found.append((holder, Double(status.modified) / 1e9))
    }
    return found.sorted {
      ($0.holder.pipeline, $0.holder.stage) < ($1.holder.pipeline, $1.holder.stage)
    }
  }

  /// When stages were started, in seconds since 1970, whose process is known to be dead: it was killed. Only as long as no
  /// later run has written to the store.
  package func abandonedStarts() throws(DiagnosticError) -> [Fingerprint: Double] {
    var starts: [Fingerprint: Double] = [:]
    for name in try readableNames(in: claimsFolder) {
      guard let fingerprint = Fingerprint(hexadecimal: name),
        let holder = try claims(of: fingerprint).last?.holder, holder.process.isGone
      else { continue }
      starts[fingerprint] = holder.since
    }
    return starts
  }
}

extension Store {
  /// One of the claims on a stage: the original one, or one that takes over from another.
  private struct Link {
    var path: FilePath
    var token: String
    /// The process that it belongs to; `nil` for an incomplete file.
    var owner: ProcessIdentity?
    /// `nil` for an incomplete file.
    var holder: ClaimHolder?

    var isReadable: Bool { token != Store.unreadableToken }
  }

  func claimPath(_ fingerprint: Fingerprint) -> FilePath {
    claimsFolder.appending(fingerprint.hexadecimal)
  }

  private func claimPath(_ fingerprint: Fingerprint, after token: String) -> FilePath {
    claimsFolder.appending("\(fingerprint.hexadecimal)~\(token)")
  }

  /// The token of a claim whose content is not known.
  private static let unreadableToken = "unreadable"

  /// Contents include a random number, so tokens are unique.
  private static func token(of bytes: [UInt8]) -> String { Fingerprint(of: bytes).short }

  /// The claim on a stage, and the chain of claims that take over from it; the last one is valid.
  private func claims(of fingerprint: Fingerprint) throws(DiagnosticError) -> [Link] {
    var chain: [Link] = []
    var path = claimPath(fingerprint)
    // A disk that can read nothing at all would make the chain endless.
    while var link = try link(at: path, mayBeUnreadable: chain.allSatisfy(\.isReadable)) {
      // A crash may have left what the file said of an earlier claim.
      if link.holder?.fingerprint != fingerprint { link.holder = nil }
      chain.append(link)
      path = claimPath(fingerprint, after: link.token)
    }
    return chain
  }

  /// A claim that the disk cannot read counts as incomplete, and is taken over after the same patience.
  private func link(
    at path: FilePath, mayBeUnreadable: Bool
  ) throws(DiagnosticError) -> Link? {
    do throws(DiagnosticError) {
      return try fileSystem.contents(of: path).map { bytes in
        let holder = ClaimHolder(json: bytes)
        return Link(
          path: path, token: Store.token(of: bytes),
          owner: holder?.process ?? ClaimHolder.owner(of: bytes), holder: holder)
      }
    } catch {
      guard error.makesUnreadable, mayBeUnreadable else { throw error }
      return Link(path: path, token: Store.unreadableToken)
    }
  }

  /// Whether a claim has not been taken over.
  func stands(_ claim: StageClaim) throws(DiagnosticError) -> Bool {
    guard let bytes = try fileSystem.contents(of: claimPath(claim.fingerprint)) else {
      return false
    }
    return Store.token(of: bytes) == claim.token
  }

  /// Whether the process of a claim is dead, or must be considered dead.
  private func isLeft(_ link: Link, _ watch: LifeWatch?) throws(DiagnosticError) -> Bool {
    if let process = link.owner {
      if process.isGone { return true }
      if process.isHere { return false }
    }
    // The file has just been opened for reading, so its time is current on the file server rather than cached.
    guard let watch else { return false }
    var sign = "unknown"
    do throws(DiagnosticError) {
      guard let status = try fileSystem.status(of: link.path) else { return false }
      sign = "\(status.modified)"
    } catch {
      guard error.makesUnreadable else { throw error }
    }
    return watch.isStill("claim \(link.path) \(link.token)", sign: sign)
  }
}

// MARK: - Leftovers of dead processes

extension Store {
  /// Removes the claims of dead processes by taking them over, so that no other run does the same.
  func removeLeftClaims(watch: LifeWatch? = nil) throws(DiagnosticError) {
    for name in try fileSystem.names(in: claimsFolder) {
      try tidying { () throws(DiagnosticError) in try removeClaim(name, watch) }
    }
  }

  private func removeClaim(_ name: String, _ watch: LifeWatch?) throws(DiagnosticError) {
    guard let fingerprint = Fingerprint(hexadecimal: name),
      try isFree(fingerprint, watch: watch)
    else { return try removeIfLeft(name, watch) }
    let holder = ClaimHolder(
      fingerprint: fingerprint, stage: "", pipeline: "", run: "", since: 0, process: process)
    if case .granted(let claim) = try claim(for: holder, watch: watch) { try release(claim) }
  }

  /// Removes an incomplete claim, or a takeover of a claim that no longer exists.
  private func removeIfLeft(_ name: String, _ watch: LifeWatch?) throws(DiagnosticError) {
    let path = claimsFolder.appending(name)
    let parts = name.split(separator: "~", maxSplits: 1)
    let owner: ProcessIdentity?
    if let fingerprint = parts.first.flatMap({ Fingerprint(hexadecimal: String($0)) }) {
      // It is valid as long as the claim that it takes over from exists.
      guard parts.count == 2, try !claims(of: fingerprint).contains(where: { $0.path == path })
      else { return }
      owner = try fileSystem.contents(of: path).flatMap { ClaimHolder.owner(of: $0) }
    } else {
      guard name.hasSuffix(".tmp") else { return }
      owner = TemporaryFiles.owner(of: name)
    }
    guard let status = try fileSystem.status(of: path) else { return }
    let isStill = watch?.isStill("claims/\(name)", sign: "\(status.modified)") == true
    if owner?.isGone == true || isStill && owner?.isHere != true { try fileSystem.remove(path) }
  }

  /// The time of each process's last heartbeat, from the files of its claims.
  func signs() throws(DiagnosticError) -> [ProcessIdentity: [String]] {
    var signs: [ProcessIdentity: [String]] = [:]
    for name in try fileSystem.names(in: claimsFolder) {
      let path = claimsFolder.appending(name)
      guard let bytes = try fileSystem.contents(of: path),
        let process = ClaimHolder.owner(of: bytes),
        let status = try fileSystem.status(of: path)
      else { continue }
      signs[process, default: []].append("\(name) \(status.modified)")
    }
    return signs
  }
}
