import Basics
import SystemPackage

// claims/<fingerprint>            who computes the stage
// claims/<fingerprint>~<token>    who takes over from the claim with this token, for an instant
//
// What is relied on, on network file systems too: that of several who link a file to one name, or create
// it exclusively, one succeeds; that renaming is atomic; that whoever opens a file sees what was in it when
// it was last closed, and the time of its last change. Locks on files are not used, and clocks are not compared.

/// A stage that this process may compute, and nobody else until it is released.
package struct StageClaim: Hashable, Sendable {
  package let fingerprint: Fingerprint
  /// Tells this claim from every other, of the same stage too.
  let token: String
}

extension Store {
  /// What comes of the wish to compute a stage.
  package enum ClaimAnswer: Sendable {
    case granted(StageClaim)
    /// Somebody else computes it; `nil` where the claim does not tell who.
    case held(ClaimHolder?)
  }

  /// Claims a stage, unless somebody else computes it.
  ///
  /// A claim whose process is known to be gone is taken over at once, and one of another machine or container
  /// when a watch has seen no sign of life for its patience. Of several that want to, one succeeds: each takes
  /// over from a certain claim, by its token, and that can be done once.
  ///
  /// - Parameter watch: what has been seen of others' claims; without one, those of other machines are held.
  /// - Throws: `DiagnosticError` where the store cannot be read or written.
  package func claim(
    for holder: ClaimHolder, watch: LifeWatch? = nil
  ) throws(DiagnosticError) -> ClaimAnswer {
    var holder = holder
    holder.process = process
    let bytes = Array(holder.json(number: .random(in: .min ... .max)).utf8)
    let fingerprint = holder.fingerprint
    let claim = StageClaim(fingerprint: fingerprint, token: Store.token(of: bytes))
    try makeFolder(claimsFolder)
    while true {
      let chain = try claims(of: fingerprint)
      guard let last = chain.last else {
        if try fileSystem.create(bytes, at: claimPath(fingerprint)) { return .granted(claim) }
        continue
      }
      guard try isLeft(last, watch) else { return .held(last.holder) }
      let path = claimPath(fingerprint, after: last.token)
      guard try fileSystem.create(bytes, at: path) else { continue }
      // What was left may have been taken over and finished since it was looked at.
      guard try claims(of: fingerprint).last?.token == claim.token else {
        try fileSystem.remove(path)
        continue
      }
      do throws(DiagnosticError) { try fileSystem.move(path, to: claimPath(fingerprint)) } catch {
        // Who was suspended in this instant has been taken over itself.
        if try fileSystem.exists(path) { throw error }
        continue
      }
      for link in chain.dropFirst() { try fileSystem.remove(link.path) }
      return .granted(claim)
    }
  }

  /// Lets others compute the stage, if the claim still stands.
  package func release(_ claim: StageClaim) throws(DiagnosticError) {
    if try stands(claim) { try fileSystem.remove(claimPath(claim.fingerprint)) }
  }

  /// Shows that the claim's process lives.
  ///
  /// - Returns: whether the claim still stands; it may have been taken over while the process slept.
  package func renew(_ claim: StageClaim) throws(DiagnosticError) -> Bool {
    guard try stands(claim) else { return false }
    try fileSystem.touch(claimPath(claim.fingerprint))
    return true
  }

  /// Whether nobody computes a stage, as far as is known.
  package func isFree(
    _ fingerprint: Fingerprint, watch: LifeWatch? = nil
  ) throws(DiagnosticError) -> Bool {
    guard let last = try claims(of: fingerprint).last else { return true }
    return try isLeft(last, watch)
  }

  /// Who computes a stage; `nil` where nobody does, or the claim does not tell.
  package func holder(of fingerprint: Fingerprint) throws(DiagnosticError) -> ClaimHolder? {
    try claims(of: fingerprint).last?.holder
  }

  /// All claims whose process is not known to be gone, by stage and pipeline, with when each last showed a
  /// sign of life, in seconds since 1970 by the clock of the file system. Writes nothing.
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
}

extension Store {
  /// One of the claims on a stage: that of its file, or one that takes over from an earlier.
  private struct Link {
    var path: FilePath
    var token: String
    /// `nil` for a file that is not whole.
    var holder: ClaimHolder?
  }

  private func claimPath(_ fingerprint: Fingerprint) -> FilePath {
    claimsFolder.appending(fingerprint.hexadecimal)
  }

  private func claimPath(_ fingerprint: Fingerprint, after token: String) -> FilePath {
    claimsFolder.appending("\(fingerprint.hexadecimal)~\(token)")
  }

  /// Contents hold a random number, so no two claims have one token.
  private static func token(of bytes: [UInt8]) -> String { Fingerprint(of: bytes).short }

  /// The claim on a stage, and those that take over from it, one from the other; the last one counts.
  private func claims(of fingerprint: Fingerprint) throws(DiagnosticError) -> [Link] {
    var chain: [Link] = []
    var path = claimPath(fingerprint)
    while let bytes = try fileSystem.contents(of: path) {
      let link = Link(
        path: path, token: Store.token(of: bytes), holder: ClaimHolder(json: bytes))
      chain.append(link)
      path = claimPath(fingerprint, after: link.token)
    }
    return chain
  }

  /// Whether a claim has not been taken over.
  func stands(_ claim: StageClaim) throws(DiagnosticError) -> Bool {
    guard let bytes = try fileSystem.contents(of: claimPath(claim.fingerprint)) else {
      return false
    }
    return Store.token(of: bytes) == claim.token
  }

  /// Whether a claim's process is gone, or must be taken to be.
  private func isLeft(_ link: Link, _ watch: LifeWatch?) throws(DiagnosticError) -> Bool {
    if let process = link.holder?.process {
      if process.isGone { return true }
      if process.isHere { return false }
    }
    // The file has just been opened to be read, so its time is its server's and not a remembered one.
    guard let watch, let status = try fileSystem.status(of: link.path) else { return false }
    return watch.isStill("claim \(link.token)", sign: "\(status.modified)")
  }
}

// MARK: - What the dead have left

extension Store {
  /// Removes the claims of processes that are gone, by taking them over: nobody else then does.
  func removeLeftClaims(watch: LifeWatch? = nil) throws(DiagnosticError) {
    for name in try fileSystem.names(in: claimsFolder) {
      guard let fingerprint = Fingerprint(hexadecimal: name),
        try isFree(fingerprint, watch: watch)
      else {
        try removeIfLeft(name, watch)
        continue
      }
      let holder = ClaimHolder(
        fingerprint: fingerprint, stage: "", pipeline: "", run: "", since: 0, process: process)
      if case .granted(let claim) = try claim(for: holder, watch: watch) { try release(claim) }
    }
  }

  /// Removes a claim that was never completely written, and a takeover from a claim that is no more.
  private func removeIfLeft(_ name: String, _ watch: LifeWatch?) throws(DiagnosticError) {
    let path = claimsFolder.appending(name)
    let parts = name.split(separator: "~", maxSplits: 1)
    let owner: ProcessIdentity?
    if let fingerprint = parts.first.flatMap({ Fingerprint(hexadecimal: String($0)) }) {
      // While there is the claim that it takes over from, it counts.
      guard parts.count == 2, try !claims(of: fingerprint).contains(where: { $0.path == path })
      else { return }
      owner = try fileSystem.contents(of: path).flatMap { ClaimHolder(json: $0) }?.process
    } else {
      guard name.hasSuffix(".tmp") else { return }
      owner = TemporaryFiles.owner(of: name)
    }
    guard let status = try fileSystem.status(of: path) else { return }
    let isStill = watch?.isStill("claims/\(name)", sign: "\(status.modified)") == true
    if owner?.isGone == true || isStill && owner?.isHere != true { try fileSystem.remove(path) }
  }

  /// When each process last showed a sign of life by a claim: the times of its claims' files.
  func signs() throws(DiagnosticError) -> [ProcessIdentity: [String]] {
    var signs: [ProcessIdentity: [String]] = [:]
    for name in try fileSystem.names(in: claimsFolder) {
      let path = claimsFolder.appending(name)
      guard let bytes = try fileSystem.contents(of: path),
        let process = ClaimHolder(json: bytes)?.process,
        let status = try fileSystem.status(of: path)
      else { continue }
      signs[process, default: []].append("\(name) \(status.modified)")
    }
    return signs
  }
}
