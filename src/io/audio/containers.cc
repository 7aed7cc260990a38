#include "io/audio/containers.h"

#include <algorithm>
#include <array>

namespace diar {
namespace {

constexpr std::string_view kRefersElsewhere[] = {
    "avisynth", "concat", "dash",        "hls",    "image2",
    "imf",      "mlv",    "rtp",         "rtsp",   "sap",
    "sdp",      "tee",    "vapoursynth", "vobsub", "webm_dash_manifest",
};

// True when a comma-separated list holds one of another's names.
bool shares_a_name(std::string_view list, std::string_view names) {
  while (!names.empty()) {
    const std::size_t end = std::min(names.find(','), names.size());
    const std::string_view name = names.substr(0, end);
    for (std::size_t at = list.find(name); at != std::string_view::npos; at = list.find(name, at + 1)) {
      const std::size_t after = at + name.size();
      if (!name.empty() && (at == 0 || list[at - 1] == ',') && (after == list.size() || list[after] == ','))
        return true;
    }
    names.remove_prefix(std::min(end + 1, names.size()));
  }
  return false;
}

}  // namespace

const std::string& audio_containers() {
  static const std::string names =
      // Films and calls.
      "asf,asf_o,avi,dv,flv,gxf,kux,live_flv,lxf,matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,mxf,"
      "nsv,nut,nuv,ogg,pmp,pva,rm,smjpeg,swf,ty,wtv,xmv,dhav,ivr,"
      // Samples as they are.
      "aiff,au,avr,caf,dsf,iff,ircam,nistsphere,paf,epaf,pvf,rso,s337m,sds,sln,sox,spdif,voc,w64,wav,wsd,wve,"
      "daud,"
      // Compressed sound.
      "aa,aac,aax,ac3,aea,ape,dfpwm,dts,dtshd,eac3,flac,loas,mca,mlp,mmf,mp3,mpc,mpc8,oma,qcp,shn,tak,truehd,"
      "tta,"
      "vqf,wv,xwma,iamf,"
      // Telephones, radios and dictation machines.
      "act,amr,amrnb,amrwb,aptx,aptx_hd,bit,codec2,dss,g722,g723_1,g729,gsm,ilbc,sbc,"
      // Games, of those that hold nothing but sound and that FFmpeg can write, too.
      "adx,apm,argo_asf,argo_cvg,ast,kvag,wsaud";
  return names;
}

bool is_audio_container(std::string_view demuxer) {
  return shares_a_name(audio_containers(), demuxer);
}

bool refers_elsewhere(std::string_view demuxer) {
  return std::any_of(std::begin(kRefersElsewhere), std::end(kRefersElsewhere),
                     [&](std::string_view name) { return shares_a_name(name, demuxer); });
}

bool stores_times(std::string_view demuxer) {
  return shares_a_name("asf,flv,live_flv,kux,matroska,webm,mov,mpeg,mpegts,nut,ogg", demuxer);
}

}  // namespace diar
