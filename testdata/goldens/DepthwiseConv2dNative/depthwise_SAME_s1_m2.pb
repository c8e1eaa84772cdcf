
>
inputPlaceholder*
dtype0*
shape:
›
filterConst*
dtype0*ü
valueòBï"ØÅmó;™8?Ø”¾ï#‚¾ó#ž>iRÄ=§¾Ä¬¾×8¸¾'Ã.>×ä}½Nù=z,ë¾Sóã>cD^¾!ÿ3=ø˜½<vr?ÃØ>ëšê=[ƒÏ½óù’>"ÚA¿ÀQW¾PÒ2>HIn¿`?M8=ÓØ¼Ð q¾ÕóJ>bL‚¿]q'>i(?¥«q½øS¿IzI¿²÷+¾°ŠY¿c#¡½Ì€1½³"[>1Ü>½É¿Œ>I™í¾ëÜ¿äœv¿Š´™¾hq¿G™¾¿…§>®!º>?ª¾¶-?
[
opDepthwiseConv2dNativeinputfilter*
T0*
paddingSAME*
strides
