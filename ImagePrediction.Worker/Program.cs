using ImagePrediction.Worker;

if (args is ["predict", .. var rest])
    return await PredictCommand.RunAsync(rest);

var builder = WebApplication.CreateBuilder(args);
await builder.Build().RunAsync();
return 0;
