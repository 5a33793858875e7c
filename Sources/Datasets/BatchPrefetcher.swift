import Basics

/// Assembles the next batch on a separate thread while the network trains on the current one.
///
/// Three buffers rotate: the caller's, the finished one, and the one being filled. Nothing is allocated per batch.
/// Releasing the prefetcher stops its thread.
package final class BatchPrefetcher: Sendable {
  private struct Handover {
    var batch: ImageBatch
    var isFull = false
    var isStopped = false
    /// Why the next batch could not be assembled; none follows.
    var problem: (any Error)?
    /// The number of batches that the caller has not yet taken.
    var remaining: Int
  }

  private let handover: Monitor<Handover>
  private let thread: JoinableThread

  /// Starts assembling the batches of some iterations, in order.
  ///
  /// - Throws: `DiagnosticError` if no thread can be started.
  package init(_ batches: TrainingBatches, iterations: Range<Int>) throws {
    let handover = Monitor(Handover(batch: batches.makeBatch(), remaining: iterations.count))
    thread = try JoinableThread {
      var batches = batches
      var batch = batches.makeBatch()
      for iteration in iterations {
        var problem: (any Error)?
        do { try batches.fill(&batch, iteration: iteration) } catch { problem = error }
        let isStopped = handover.wait(until: { !$0.isFull || $0.isStopped }) { handover in
          swap(&handover.batch, &batch)
          handover.isFull = true
          handover.problem = problem
          return handover.isStopped
        }
        if isStopped || problem != nil { return }
      }
    }
    self.handover = handover
  }

  deinit {
    handover.wait { $0.isStopped = true }
    thread.join()
  }

  /// Waits for the next batch and exchanges it for a used one.
  ///
  /// To be called once per iteration, with a batch from `TrainingBatches.makeBatch()`, until it throws.
  ///
  /// - Throws: `DamagedImage` if an image of the batch cannot be decoded.
  package func next(_ batch: inout ImageBatch) throws {
    let problem = handover.wait(until: { $0.isFull || $0.remaining == 0 }) {
      handover -> (any Error)? in
      precondition(handover.remaining > 0, "there is a batch for each iteration only")
      if let problem = handover.problem { return problem }
      handover.remaining -= 1
      swap(&handover.batch, &batch)
      handover.isFull = false
      return nil
    }
    if let problem { throw problem }
  }
}
