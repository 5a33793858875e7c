import Basics
import Definitions

/// The estimated cost of a stage; `nil` for what cannot be estimated.
package struct StageCost: Hashable, Sendable {
  /// Of the network: learnable values, and multiply-adds of one image's forward pass.
  package var parameters: Int?
  package var flopsPerImage: Int?
  /// Images still to be processed, counting repetitions.
  package var images: Int?
  /// Multiply-adds for these images.
  package var flops: Double?
  /// Estimated memory for the network and a batch, in bytes.
  package var memory: Int?
  /// The size of the artifact in bytes.
  package var disk: Int?
  /// The least that the artifact takes, if its size depends on content that is not known yet.
  package var leastDisk: Int?
  /// Whether the artifact has a size that is not known yet.
  package var isDiskUnknown = false
  /// The time at the speed measured on this machine.
  package var seconds: Double?
  /// The threads that this speed was measured with.
  package var threads: Int?

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

  /// Whether the stage takes time worth stating: a report has no network and no images, and takes a moment.
  package var takesTime: Bool { memory != nil }
}

/// The estimated cost of running a plan.
package struct PlanCost: Hashable, Sendable {
  /// The total of all stages that would run.
  package var flops = 0.0
  package var disk = 0
  /// The number of datasets to be packed whose image size is unknown.
  package var unknownSizes = 0
  /// The maximum over the stages.
  package var memory = 0
  /// The total time of all stages with a known time.
  package var seconds = 0.0
  /// The time of the longest chain of dependent stages: a lower bound for any number of jobs.
  package var criticalPath = 0.0
  /// The number of stages that would train or evaluate, and how many of these have a known time.
  package var networkStages = 0
  package var timedStages = 0
  /// How many stages have a price but no time, preparing ones included.
  package var untimedStages = 0
}
