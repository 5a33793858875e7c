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
        batches.fill(&batch, iteration: iteration)
        let isStopped = handover.wait(until: { !$0.isFull || $0.isStopped }) { handover in
          swap(&handover.batch, &batch)
          handover.isFull = true
          return handover.isStopped
        }
        if isStopped { return }
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
  /// To be called once per iteration, with a batch from `TrainingBatches.makeBatch()`.
  package func next(_ batch: inout ImageBatch) {
    handover.wait(until: { $0.isFull || $0.remaining == 0 }) { handover in
      precondition(handover.remaining > 0, "there is a batch for each iteration only")
      handover.remaining -= 1
      swap(&handover.batch, &batch)
      handover.isFull = false
    }
  }
}
