using NetPol.Controller;

return await ControllerCommand.Create(ControllerHost.RunAsync).Parse(args).InvokeAsync();
