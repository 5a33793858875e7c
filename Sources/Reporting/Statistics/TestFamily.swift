/// Hypotheses that are tested together, so that the probability of rejecting any true one is at most `level`,
/// whichever of them are true.
///
/// A weighted Bonferroni test of every intersection of hypotheses, by its shortcut (Hommel, Bretz and Maurer,
/// *Powerful short-cuts for multiple testing procedures*, Statistics in Medicine 2007). Each question has a share of
/// the level, distributed over its hypotheses in order, most of it to the first. The weight of a rejected hypothesis
/// passes to the next one of its question (the fallback procedure: Wiens, *A fixed sequence Bonferroni procedure*,
/// Pharmaceutical Statistics 2003), and from a question with all hypotheses rejected to the others.
package struct TestFamily: Sendable {
  package struct Hypothesis: Hashable, Sendable {
    /// The p-value, or an upper bound of it.
    package var chance: Double
    /// The hypothesis is never rejected at a higher level.
    package var limit: Double
    /// Another hypothesis, by its question and position, that has to be rejected first.
    package var gate: Position?

    package init(chance: Double, limit: Double, gate: Position? = nil) {
      self.chance = chance
      self.limit = limit
      self.gate = gate
    }
  }

  package struct Position: Hashable, Sendable {
    package var question: Int
    package var place: Int

    package init(question: Int, place: Int) {
      self.question = question
      self.place = place
    }
  }

  package struct Question: Sendable {
    package var share: Double
    /// The fraction of the share for the first hypothesis; the others divide the rest equally.
    package var first: Double
    /// In order of testing.
    package var hypotheses: [Hypothesis]

    package init(share: Double, first: Double, hypotheses: [Hypothesis]) {
      self.share = share
      self.first = first
      self.hypotheses = hypotheses
    }
  }

  package struct Outcome: Hashable, Sendable {
    /// The level of the final test.
    package var level: Double
    package var isRejected: Bool
  }

  private let level: Double
  private let questions: [Question]

  /// - Parameters:
  ///   - level: the maximum probability of any false rejection.
  ///   - questions: those without hypotheses receive no share.
  package init(level: Double, questions: [Question]) {
    self.level = level
    self.questions = questions
  }

  /// By question and position.
  package var outcomes: [[Outcome]] {
    var outcomes = questions.map { $0.hypotheses.map { _ in Outcome(level: 0, isRejected: false) } }
    while true {
      let levels = levels(outcomes)
      var hasRejected = false
      for (q, question) in questions.enumerated() {
        for (place, hypothesis) in question.hypotheses.enumerated()
        where !outcomes[q][place].isRejected {
          outcomes[q][place].level = min(levels[q][place], hypothesis.limit)
          let isOpen = hypothesis.gate.map { outcomes[$0.question][$0.place].isRejected } ?? true
          if isOpen, hypothesis.chance <= outcomes[q][place].level {
            outcomes[q][place].isRejected = true
            hasRejected = true
          }
        }
      }
      if !hasRejected { return outcomes }
    }
  }

  /// The distribution of the level among the hypotheses not yet rejected.
  private func levels(_ outcomes: [[Outcome]]) -> [[Double]] {
    var levels = outcomes.map { $0.map { _ in 0.0 } }
    let total = questions.reduce(0) { $0 + ($1.hypotheses.isEmpty ? 0 : $1.share) }
    let open = outcomes.map { $0.firstIndex { !$0.isRejected } }
    for (q, question) in questions.enumerated() where !question.hypotheses.isEmpty {
      var next = open[q]
      for place in question.hypotheses.indices {
        let own = level * question.share / total * question.part(of: place)
        if let known = next, known < place {
          next = outcomes[q][place...].firstIndex { !$0.isRejected }
        }
        if let next {
          levels[q][next] += own
          continue
        }
        // No hypothesis of the question is left: its share goes to the other questions, or stays with its remaining
        // hypotheses.
        let others = questions.indices.filter { $0 != q && open[$0] != nil }
        let shares = others.reduce(0) { $0 + questions[$1].share }
        for other in others {
          if let first = open[other] {
            levels[other][first] += own * questions[other].share / shares
          }
        }
        if others.isEmpty, let first = open[q] { levels[q][first] += own }
      }
    }
    return levels
  }
}

extension TestFamily.Question {
  /// The initial fraction of the share at a position.
  fileprivate func part(of place: Int) -> Double {
    guard hypotheses.count > 1 else { return 1 }
    return place == 0 ? first : (1 - first) / Double(hypotheses.count - 1)
  }
}
