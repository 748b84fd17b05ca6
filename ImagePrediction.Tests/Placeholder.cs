namespace ImagePrediction.Tests;
