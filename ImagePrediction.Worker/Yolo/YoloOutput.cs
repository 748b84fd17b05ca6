using System.Numerics.Tensors;

namespace ImagePrediction.Worker.Yolo;

/// <summary>
/// Reads the output of a YOLOv5-family export: <c>[N, anchors, 5 + classes]</c>, each row a box centre and size in input
/// pixels, its objectness and one probability per class, with all sigmoids already applied.
/// </summary>
internal static class YoloOutput
{
    /// <summary>Picks the rows that pass, and finds the best score of one class among all rows.</summary>
    /// <param name="rows">The rows of one picture.</param>
    /// <param name="classes">Number of probabilities per row.</param>
    /// <param name="threshold">Scores (objectness × probability) at or above this pass.</param>
    /// <param name="watched">The class whose best score is returned, whether it passes or not.</param>
    /// <param name="passed">Receives one candidate per row that passes: its best class only, as in YOLOv5's detection.</param>
    /// <returns>The highest score of the watched class, 0 to 1.</returns>
    public static float Read(ReadOnlySpan<float> rows, int classes, float threshold, int watched, List<Candidate> passed)
    {
        var width = 5 + classes;
        var best = 0f;
        for (var at = 0; at + width <= rows.Length; at += width)
        {
            // Probabilities are at most 1, so a row's objectness bounds all its scores: nearly every row is skipped here.
            var objectness = rows[at + 4];
            if (!(objectness >= threshold || objectness > best))
                continue;
            var probabilities = rows.Slice(at + 5, classes);
            var score = objectness * TensorPrimitives.Max(probabilities);
            if (!float.IsFinite(score + TensorPrimitives.Sum(rows.Slice(at, 4))))
                continue; // a broken model's row is ignored
            best = MathF.Max(best, objectness * probabilities[watched]);
            if (score >= threshold)
                passed.Add(ToCandidate(rows.Slice(at, 4), score, TensorPrimitives.IndexOfMax(probabilities)));
        }
        return best;
    }

    private static Candidate ToCandidate(ReadOnlySpan<float> box, float score, int label)
    {
        float halfWidth = box[2] / 2, halfHeight = box[3] / 2;
        return new(score, label, box[0] - halfWidth, box[1] - halfHeight, box[0] + halfWidth, box[1] + halfHeight);
    }
}
