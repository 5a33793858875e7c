import Basics
import Definitions

/// What a stage takes, as far as that can be told beforehand; `nil` where it cannot.
package struct StageCost: Hashable, Sendable {
  /// Of the network: learnable values, and multiplications and additions of one image forward.
  package var parameters: Int?
  package var flopsPerImage: Int?
  /// Images that are still to be gone through, each counted as often as it is.
  package var images: Int?
  /// Multiplications and additions for these images.
  package var flops: Double?
  /// Bytes of memory for the network and a batch; an estimate.
  package var memory: Int?
  /// Bytes that the artifact will take, small files left out.
  package var disk: Int?
  /// At the speed measured on this machine.
  package var seconds: Double?

  package init(
    parameters: Int? = nil, flopsPerImage: Int? = nil, images: Int? = nil, flops: Double? = nil,
    memory: Int? = nil, disk: Int? = nil, seconds: Double? = nil
  ) {
    self.parameters = parameters
    self.flopsPerImage = flopsPerImage
    self.images = images
    self.flops = flops
    self.memory = memory
    self.disk = disk
    self.seconds = seconds
  }
}

/// What a run of a plan would take.
package struct PlanCost: Hashable, Sendable {
  /// Of all stages that would run.
  package var flops = 0.0
  package var disk = 0
  /// How many datasets would be packed whose images are of a size that is not known.
  package var unknownSizes = 0
  /// The most that one stage takes.
  package var memory = 0
  /// Seconds of all stages whose time can be told, as if they ran one after the other.
  package var seconds = 0.0
  /// Seconds of the longest chain of stages that wait for each other: no number of jobs is faster.
  package var criticalPath = 0.0
  /// How many stages would train or evaluate, and of how many of these the time is known.
  package var networkStages = 0
  package var timedStages = 0
}
