// swift-tools-version: 6.1
//
// Targets are listed bottom-up: a target depends only on those above it. The neural half (Kernels,
// Engine, Datasets) and the build half (PipelineLanguage to Execution) share the plain values of
// Definitions and meet only in Stages.

import PackageDescription

let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let systemPackage = Target.Dependency.product(name: "SystemPackage", package: "swift-system")
let orderedCollections = Target.Dependency.product(
  name: "OrderedCollections", package: "swift-collections")
let argumentParser = Target.Dependency.product(
  name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "cambium",
  products: [
    .executable(name: "cambium", targets: ["cambium"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
  ],
  targets: [
    // Foreign libraries: only module maps and shim headers.
    // OpenBLAS is not linked but loaded on first use; its header says why.
    .systemLibrary(name: "COpenBLAS", providers: [.apt(["libopenblas-dev"])]),
    .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
    // Used by tests to write JPEG files.
    .systemLibrary(
      name: "CTurboJPEG", pkgConfig: "libturbojpeg", providers: [.apt(["libturbojpeg0-dev"])]),
    .systemLibrary(name: "CPNG", pkgConfig: "libpng", providers: [.apt(["libpng-dev"])]),
    // Used by tests to write archives.
    .systemLibrary(
      name: "CArchive", pkgConfig: "libarchive", providers: [.apt(["libarchive-dev"])]),

    // Decodes JPEG images in C, since the library reports errors by longjmp; its header says why it does not use
    // TurboJPEG.
    .target(name: "CJPEG", linkerSettings: [.linkedLibrary("jpeg")]),
    // libarchive is not linked but loaded on first use; its header says why.
    .target(name: "CArchiveCalls"),
    .target(name: "CResampling"),
    .target(name: "CGNU"),

    // SIMD kernels in C, dispatched at run time; its header gives the measured reason.
    .target(name: "CKernels"),

    // Fingerprints, counter-based random numbers, file system, clock, diagnostics.
    .target(name: "Basics", dependencies: ["CGNU", crypto, systemPackage]),

    // Reading and writing archives; the only module that uses libarchive.
    .target(name: "Archives", dependencies: ["CArchiveCalls", "Basics", systemPackage]),

    // The parts of an experiment as plain values: networks, solvers, layer states, tasks.
    .target(name: "Definitions", dependencies: ["Basics"]),

    // Arithmetic on float buffers and the thread pool; the only module that uses OpenBLAS.
    .target(name: "Kernels", dependencies: ["COpenBLAS", "CKernels"]),

    // Blobs, layers, nets, initializers, solver, weights on disk.
    .target(name: "Engine", dependencies: ["Kernels", "Definitions", "Basics", systemPackage]),

    // Analyses of activations: classifiers on them, scores of transferability, projections.
    .target(name: "Measures", dependencies: ["Kernels", "Definitions", "Basics"]),

    // Reading, packing, splitting, batching and augmenting images; the built-in dataset.
    .target(
      name: "Datasets",
      dependencies: [
        "CGNU", "CJPEG", "CPNG", "CResampling", "Archives", "Definitions", "Basics", crypto,
        systemPackage,
      ]),

    // YAML text to a checked description; the only module that uses libyaml.
    .target(
      name: "PipelineLanguage",
      dependencies: ["CYAML", "Definitions", "Basics", orderedCollections]),

    // Objects, records and run logs on disk, and studies as archives.
    .target(name: "ArtifactStore", dependencies: ["Archives", "Basics", systemPackage]),

    // The outputs of stages, each written and read in one place: artifact files, results, series.
    .target(
      name: "Results", dependencies: ["ArtifactStore", "Definitions", "Basics", systemPackage]),

    // Description to plan: stages in order, fingerprints, reasons, cost.
    .target(
      name: "Planning",
      dependencies: [
        "PipelineLanguage", "Results", "ArtifactStore", "Definitions", "Basics", orderedCollections,
        systemPackage,
      ]),

    // Runs a plan: order, jobs, events. Knows nothing about networks.
    .target(
      name: "Execution", dependencies: ["Planning", "ArtifactStore", "Basics", systemPackage]),

    // A plan as job arrays of Slurm, and their progress.
    .target(
      name: "Slurm",
      dependencies: ["Execution", "Planning", "ArtifactStore", "Basics", systemPackage]),

    // Results to tables and figures.
    .target(
      name: "Reporting",
      dependencies: [
        "CPNG", "Execution", "Planning", "Results", "ArtifactStore", "Definitions", "Basics",
        systemPackage,
      ]),

    // The runners: prepare, train, transfer, evaluate.
    .target(
      name: "Stages",
      dependencies: [
        "Execution", "Planning", "Results", "ArtifactStore", "Engine", "Measures", "Kernels",
        "Datasets", "Definitions", "Basics", systemPackage,
      ]),

    // Commands, terminal progress, little else.
    .executableTarget(
      name: "cambium",
      dependencies: [
        "Stages", "Reporting", "Slurm", "Execution", "Planning", "Results", "ArtifactStore",
        "PipelineLanguage", "Engine", "Kernels", "Datasets", "Archives", "Definitions", "Basics",
        argumentParser, systemPackage,
      ],
      exclude: ["exports.map"],
      // The Swift libraries are linked statically, which reduced the start-up time from 10.2 to 6.6 ms. The only
      // setting for this is the compiler's own flag. Foundation's parts have to be named, since its modules were
      // compiled for shared libraries.
      // Nor are their names, and those of the program, given to the dynamic loader, which has twenty thousand fewer to
      // go through: half a millisecond.
      linkerSettings: [
        .unsafeFlags([
          "-static-stdlib", "-Xlinker",
          "--version-script=\(Context.packageDirectory)/Sources/cambium/exports.map",
        ]),
        .linkedLibrary("_FoundationCShims"), .linkedLibrary("_FoundationCollections"),
      ]),

    // Fakes and fixtures shared by the tests.
    .target(
      name: "TestSupport",
      dependencies: ["PipelineLanguage", "CArchive", "Definitions", "Basics", systemPackage],
      path: "Tests/TestSupport"),

    .testTarget(name: "BasicsTests", dependencies: ["Basics", "TestSupport", systemPackage]),
    .testTarget(
      name: "ArchivesTests", dependencies: ["Archives", "Basics", "TestSupport", systemPackage]),
    .testTarget(
      name: "DefinitionsTests",
      dependencies: ["Definitions", "Basics", "TestSupport", systemPackage],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "MeasuresTests",
      dependencies: ["Measures", "Engine", "Kernels", "Definitions", "Basics", systemPackage],
      exclude: ["Fixtures"]),
    .testTarget(name: "KernelsTests", dependencies: ["Kernels", "TestSupport"]),
    .testTarget(
      name: "EngineTests",
      dependencies: [
        "Engine", "Kernels", "PipelineLanguage", "Definitions", "Basics", "TestSupport",
        systemPackage,
      ], exclude: ["Fixtures"]),
    .testTarget(
      name: "DatasetsTests",
      dependencies: [
        "Datasets", "CTurboJPEG", "CPNG", "Definitions", "Basics", "TestSupport", systemPackage,
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "PipelineLanguageTests",
      dependencies: ["PipelineLanguage", "Definitions", "Basics", "TestSupport", systemPackage],
      exclude: ["Corpus"]),
    .testTarget(
      name: "ArtifactStoreTests",
      dependencies: ["ArtifactStore", "Basics", "TestSupport", systemPackage]),
    .testTarget(
      name: "ResultsTests",
      dependencies: ["Results", "ArtifactStore", "Definitions", "Basics", "TestSupport"]),
    .testTarget(
      name: "PlanningTests",
      dependencies: [
        "Planning", "PipelineLanguage", "Results", "ArtifactStore", "Definitions", "Basics",
        "TestSupport", systemPackage,
      ]),
    .testTarget(
      name: "ExecutionTests",
      dependencies: [
        "Execution", "Planning", "ArtifactStore", "Basics", "TestSupport", systemPackage,
      ]),
    .testTarget(
      name: "SlurmTests",
      dependencies: [
        "Slurm", "Execution", "Planning", "ArtifactStore", "Definitions", "Basics", "TestSupport",
        systemPackage,
      ]),
    .testTarget(
      name: "ReportingTests",
      dependencies: [
        "Reporting", "CPNG", "Execution", "Planning", "Results", "ArtifactStore", "Definitions",
        "Basics",
        "TestSupport", systemPackage,
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "StagesTests",
      dependencies: [
        "Stages", "Reporting", "Execution", "Planning", "Results", "PipelineLanguage",
        "ArtifactStore", "Engine", "Datasets", "Definitions", "Basics", "TestSupport",
        systemPackage,
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      // Runs the program, which is built with the tests but is not part of them, since they are linked differently.
      name: "cambiumTests",
      dependencies: ["ArtifactStore", "Basics", "TestSupport", systemPackage],
      // Compiled by the tests themselves, since it is loaded into the program rather than linked.
      exclude: ["Faults/faults.c"]),
  ],
  swiftLanguageModes: [.v6]
)
