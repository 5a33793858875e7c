import Basics
import Kernels
import Measures
import SystemPackage
import Testing

/// Similarities of activations, compared with what NumPy makes of other formulas (Fixtures/comparison.py).
@Suite struct ComparisonTests {
  private static let names = ["first", "second", "rotated", "unrelated"]

  private func fixture() throws -> Value {
    let folder = FilePath(#filePath).removingLastComponent().appending("Fixtures")
    return try Value(json: LocalFileSystem().read(folder.appending("comparison.json")))
  }

  private func linearAlgebra(_ threads: Int = 2) throws -> LinearAlgebra {
    LinearAlgebra(try BLAS.load(), on: ThreadPool(threads: threads, processors: threads))
  }

  private func rows(_ fixture: Value, _ name: String) throws -> [[Double]] {
    try #require(fixture["sets"]?[name]?.asList).map {
      try #require($0.asList).compactMap(\.double)
    }
  }

  private func matrix(_ rows: ArraySlice<[Double]>) -> DoubleMatrix {
    DoubleMatrix(rows: rows.count, columns: rows.first?.count ?? 0, values: rows.flatMap { $0 })
  }

  /// The alignment of all sets with each other.
  private func alignment(
    _ sets: [[[Double]]], batch: Int, _ algebra: LinearAlgebra
  ) -> [[Double?]] {
    var alignment = KernelAlignment(first: sets.count, second: sets.count)
    for start in stride(from: 0, to: sets[0].count, by: batch) {
      let kernels = sets.map {
        KernelAlignment.Kernel(matrix($0[start..<min(start + batch, $0.count)]), algebra)
      }
      alignment.add(kernels, kernels)
    }
    return alignment.values
  }

  private func correlation(
    _ sets: [[[Double]]], batch: Int, _ algebra: LinearAlgebra
  ) throws -> [[Double?]] {
    let sizes = sets.map { $0[0].count }
    var correlation = CanonicalCorrelation(first: sizes, second: sizes)
    for start in stride(from: 0, to: sets[0].count, by: batch) {
      let parts = sets.map { matrix($0[start..<min(start + batch, $0.count)]) }
      correlation.add(parts + parts, algebra)
    }
    return try correlation.values(algebra)
  }

  @Test func theyAreThoseOfOtherFormulas() throws {
    let fixture = try fixture()
    let sets = try Self.names.map { try rows(fixture, $0) }
    let batch = try #require(fixture["batch"]?.asInteger)
    let algebra = try linearAlgebra()
    let cka = alignment(sets, batch: batch, algebra)
    let svcca = try correlation(sets, batch: batch, algebra)
    for (row, first) in Self.names.enumerated() {
      for (column, second) in Self.names.enumerated() {
        let pair = "\(first) \(second)"
        let aligned = try #require(fixture["cka"]?[pair]?.double)
        let correlated = try #require(fixture["svcca"]?[pair]?.double)
        #expect(abs(try #require(cka[row][column]) - aligned) < 1e-9, "\(pair)")
        #expect(abs(try #require(svcca[row][column]) - correlated) < 1e-6, "\(pair)")
      }
    }
  }

  /// Without bias, features of which all images of a batch but one are the same have nothing to align; two images have.
  @Test func featuresThatAreTheSameInNearlyAllImagesHaveNoAlignment() throws {
    let fixture = try fixture()
    let usual = try rows(fixture, "first")
    func active(_ images: [Int]) -> [[Double]] {
      usual.indices.map { [images.contains($0 % 16) ? 0.7371 + Double($0) / 97 : 0.1, 0.3] }
    }
    let values = try alignment(
      [usual, active([5]), active([5, 9])], batch: 16, linearAlgebra())
    #expect(values[1].allSatisfy { $0 == nil } && values[0][1] == nil)
    #expect(abs(try #require(values[2][2]) - 1) < 1e-9)
    #expect(values[0][2] != nil)
  }

  @Test func featuresAreLikeThemselvesWhateverTheirRotationAndScale() throws {
    let fixture = try fixture()
    let sets = try ["first", "rotated", "second"].map { try rows(fixture, $0) }
    let algebra = try linearAlgebra()
    for values in [
      alignment(sets, batch: 16, algebra), try correlation(sets, batch: 16, algebra),
    ] {
      for index in sets.indices { #expect(abs(try #require(values[index][index]) - 1) < 1e-6) }
      // The numbers are rotated and scaled in single precision.
      #expect(abs(try #require(values[0][1]) - 1) < 1e-5)
      #expect(try #require(values[0][2]) < 0.99)
    }
  }

  /// Constant features, dead units, a single image that differs, and too few images: no value or a finite one.
  @Test func nothingIsNotANumber() throws {
    let algebra = try linearAlgebra()
    let fixture = try fixture()
    let first = try rows(fixture, "first")
    let dead = first.map { _ in [0.0, 0, 0] }
    // Thirds cannot be written exactly.
    let constant = first.map { _ in [1.0 / 3, 100.1] }
    var single = dead
    single[17][1] = 1e-30
    let half = first.map { [$0[0], 0, 7.7] }
    let sets = [first, dead, constant, single, half]
    for values in [
      alignment(sets, batch: 16, algebra), try correlation(sets, batch: 16, algebra),
    ] {
      for (row, line) in values.enumerated() {
        for (column, value) in line.enumerated() {
          if [1, 2].contains(row) || [1, 2].contains(column) { #expect(value == nil) }
          #expect(value?.isFinite ?? true)
        }
      }
      #expect(abs(try #require(values[4][4]) - 1) < 1e-6)
    }
    #expect(alignment([Array(first.prefix(3))], batch: 16, algebra) == [[nil]])
  }

  @Test func bitsDoNotDependOnThreads() throws {
    let fixture = try fixture()
    let sets = try Self.names.map { try rows(fixture, $0) }
    let (one, three) = (try linearAlgebra(1), try linearAlgebra(3))
    #expect(alignment(sets, batch: 16, one) == alignment(sets, batch: 16, three))
    #expect(try correlation(sets, batch: 16, one) == correlation(sets, batch: 16, three))
  }
}
