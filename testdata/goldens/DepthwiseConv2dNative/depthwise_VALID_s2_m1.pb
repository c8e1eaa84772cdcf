
>
inputPlaceholder*
dtype0*
shape:
®
filterConst*
dtype0*
value…B‚"lÐ…¾	M¾d>Ñ5ì½Øñ*¾Ôñ¤=¢µÔ>ñœß>*;×½%z>Ø¿›¢¨>òb}¾ˆ<“<F#¿rGk?Ã6Õ½>*?ñ0š¾cò~>×\?Ì¨<è‚=ò°ý<0Œs>‚$<ÂÕó>
\
opDepthwiseConv2dNativeinputfilter*
T0*
paddingVALID*
strides
