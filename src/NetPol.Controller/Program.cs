using NetPol.Controller;
using NetPol.Hosting;

return await DaemonCommand.RunAsync("netpol-controller", ControllerCommand.Create(), args);
