import Basics
import Engine
import Testing

/// A short training run with every kind of layer, including dropout, compared with recorded losses. The tolerance
/// covers the differences of other processors' matrix products. A change beyond it is a change of numerics, and
/// requires a new `NumericsRevision.engine`.
@Suite struct GoldenRunTests {
  @Test func lossesStayWhatTheyWere() throws {
    let net = try SmallNetwork.net()
    let results = (0..<6).map { iteration in
      net.step(
        images: SmallNetwork.images(19), labels: SmallNetwork.labels(19), rate: 0.05,
        iteration: iteration)
    }
    let recorded = [1.33001, 1.51137, 1.86674, 1.12148, 1.17118, 1.10974]
    for (result, loss) in zip(results, recorded) {
      #expect((result.loss - loss).magnitude < 1e-3)
    }
  }
}
